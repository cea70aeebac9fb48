import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HearthError } from '../../../spec/errors.ts'
import { loadCertificate } from '../../data-folder/certificate.ts'
import type { Certificate } from '../../data-folder/certificate.ts'
import { timeText } from '../print.ts'
import { ok } from './finding.ts'
import type { DoctorFinding, Patient } from './finding.ts'

const dayMs = 24 * 3600 * 1000
const warnBeforeMs = 21 * dayMs

/** Is the certificate readable, in time, and for the names that people use? Makes none. */
export const checkCertificate = async ({ config, layout, now }: Patient): Promise<DoctorFinding[]> => {
  if (config.tlsCert === undefined && (await stat(join(layout.tls, 'cert.pem')).catch(() => undefined)) === undefined) {
    return [ok('certificate', 'a self-signed one is made at the first start')]
  }
  try {
    return judge(await loadCertificate(layout, config, { now: () => now }), {
      domain: config.domain,
      public: config.public,
      now,
    })
  } catch (error) {
    if (!(error instanceof HearthError)) throw error
    return [
      {
        check: 'certificate',
        level: 'fault',
        what: error.message,
        why: 'the node does not start, and no connection over TLS is possible',
        fix:
          config.tlsCert === undefined
            ? `remove ${layout.tls}; the next start makes a new one`
            : 'set tls-cert and tls-key to a PEM certificate and its key',
      },
    ]
  }
}

const judge = (
  certificate: Certificate,
  where: { readonly domain: string | undefined; readonly public: boolean; readonly now: number },
): DoctorFinding[] => {
  const findings: DoctorFinding[] = []
  const renew = certificate.selfSigned
    ? `remove ${certificate.certFile} and its key; the next start makes new ones`
    : `renew ${certificate.certFile}, then start the node again`
  const leftMs = certificate.expires - where.now
  if (leftMs < warnBeforeMs) {
    findings.push({
      check: 'certificate',
      level: leftMs <= 0 ? 'fault' : 'warning',
      what: `it ${leftMs <= 0 ? 'ran out' : 'runs out'} on ${timeText(certificate.expires)}`,
      why: 'clients then refuse to connect over TLS',
      fix: renew,
    })
  }
  if (where.domain !== undefined && !certificate.hostNames.some((name) => covers(name, where.domain ?? ''))) {
    findings.push({
      check: 'certificate',
      level: 'warning',
      what: `it is for ${certificate.hostNames.join(', ')} and not for ${where.domain}`,
      why: `clients that connect to ${where.domain} refuse it`,
      fix: renew,
    })
  }
  if (certificate.selfSigned && where.public) {
    findings.push({
      check: 'certificate',
      level: 'warning',
      what: 'the node is public with a self-signed certificate',
      why: 'browsers refuse it, and MQTT clients need the file to trust it',
      fix: `get one for your domain (Let's Encrypt) and set tls-cert and tls-key; or give clients ${certificate.certFile}`,
    })
  }
  if (findings.length > 0) return findings
  const kind = certificate.selfSigned ? 'self-signed, ' : ''
  return [ok('certificate', `${kind}for ${certificate.hostNames.join(', ')}, until ${timeText(certificate.expires)}`)]
}

const covers = (name: string, domain: string): boolean =>
  name === domain || (name.startsWith('*.') && domain.slice(domain.indexOf('.') + 1) === name.slice(2))
