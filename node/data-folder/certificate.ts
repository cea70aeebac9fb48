import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { HearthError } from '../../spec/errors.ts'
import { writeWhole } from './data-folder.ts'
import type { Layout } from './layout.ts'

export interface Certificate {
  /** PEM, with its chain. */
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
  readonly selfSigned: boolean
  /** SHA-256 of the first certificate, hex with colons. */
  readonly fingerprint: string
  /** Unix ms. */
  readonly expires: number
  readonly hostNames: readonly string[]
}

export interface CertificateInit {
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  readonly domain?: string | undefined
  readonly bind: string
}

const validityYears = 10

/**
 * The operator's certificate, else a self-signed one in `tls/`, made at the first start. Throws CONFIG_INVALID
 * for files that cannot be read or do not belong together.
 */
export const loadCertificate = async (
  layout: Layout,
  init: CertificateInit,
  clock: { now(): number },
): Promise<Certificate> => {
  const own = init.tlsCert !== undefined && init.tlsKey !== undefined
  const certFile = own ? init.tlsCert : join(layout.tls, 'cert.pem')
  const keyFile = own ? init.tlsKey : join(layout.tls, 'key.pem')
  if (!own && !(await exists(certFile))) await makeSelfSigned(layout, namesOf(init), clock)
  return inspect({ certFile, keyFile, cert: await read(certFile), key: await read(keyFile), selfSigned: !own })
}

const inspect = (files: Pick<Certificate, 'cert' | 'key' | 'certFile' | 'keyFile' | 'selfSigned'>): Certificate => {
  let certificate: X509Certificate
  let matches: boolean
  try {
    certificate = new X509Certificate(files.cert)
    matches = certificate.checkPrivateKey(createPrivateKey(files.key))
  } catch (error) {
    throw new HearthError(
      'CONFIG_INVALID',
      `${files.certFile} and ${files.keyFile} are not a PEM certificate and its unencrypted key (${String(error)})`,
      { cause: error },
    )
  }
  if (!matches) {
    throw new HearthError('CONFIG_INVALID', `the key ${files.keyFile} does not belong to ${files.certFile}`)
  }
  return {
    ...files,
    fingerprint: certificate.fingerprint256,
    expires: Date.parse(certificate.validTo),
    hostNames: (certificate.subjectAltName ?? '')
      .split(', ')
      .map((name) => name.replace(/^(DNS|IP Address):/, ''))
      .filter((name) => name !== ''),
  }
}

const namesOf = (init: CertificateInit): string[] => {
  const bound = isIP(init.bind) !== 0 && !/^(0\.0\.0\.0|::)$/.test(init.bind) ? [init.bind] : []
  const host = hostname().toLowerCase()
  const names = ['localhost', host, ...(init.domain === undefined ? [] : [init.domain]), '127.0.0.1', '::1', ...bound]
  return [...new Set(names)].filter((name) => /^[a-z0-9.:-]+$/.test(name))
}

const makeSelfSigned = async (layout: Layout, names: readonly string[], clock: { now(): number }): Promise<void> => {
  // Loaded at the first start only.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const notBefore = new Date(clock.now() - 24 * 3600 * 1000)
  const notAfter = new Date(notBefore)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + validityYears)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${names.find((name) => name !== 'localhost' && isIP(name) === 0) ?? 'localhost'}, O=Hearth`,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const lines = key.match(/.{1,64}/g) ?? []
  await mkdir(layout.tls, { recursive: true, mode: 0o700 })
  await writeWhole(
    join(layout.tls, 'key.pem'),
    ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'),
  )
  // The certificate comes last: it is what tells that both are there.
  await writeWhole(join(layout.tls, 'cert.pem'), `${certificate.toString('pem')}\n`, 0o644)
}

const exists = async (file: string): Promise<boolean> =>
  readFile(file).then(
    () => true,
    () => false,
  )

const read = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new HearthError('CONFIG_INVALID', `cannot read the TLS file ${file} (${code})`, { cause: error })
  }
}
