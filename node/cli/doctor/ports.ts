import { createServer } from 'node:net'
import { listenersOf } from '../../config/listeners.ts'
import type { Listener } from '../../config/listeners.ts'
import { kebab } from '../../config/settings.ts'
import { answers } from './answers.ts'
import { ok } from './finding.ts'
import type { DoctorFinding, Patient } from './finding.ts'

const answerMs = 2_000

/** Of a running node, do its doors answer? Of one that is down, are the ports free? */
export const checkPorts = async ({ config, status }: Patient): Promise<DoctorFinding[]> => {
  if (status === undefined) {
    const { http, mqtt, mqtts, p2p } = listenersOf(config)
    const ports = { httpPort: http, mqttPort: mqtt, mqttsPort: mqtts, p2pPort: p2p }
    return Promise.all(Object.entries(ports).map(([key, listener]) => checkFree(kebab(key), listener)))
  }
  const { mqtt, mqtts, http } = status.addresses
  return Promise.all([
    checkHealth(http),
    ...Object.entries({ mqtt, mqtts }).map(async ([name, address]): Promise<DoctorFinding> => {
      const { hostname, port } = new URL(address)
      if (await answers(hostname.replaceAll(/[[\]]/g, ''), Number(port)))
        return ok('ports', `${name} answers at ${address}`)
      return {
        check: 'ports',
        level: 'fault',
        what: `${name} does not answer at ${address}`,
        why: 'nobody can connect there',
        fix: 'look at the log of the node, and whether a firewall stands between; then start it again',
      }
    }),
  ])
}

const checkHealth = async (http: string): Promise<DoctorFinding> => {
  const { protocol, port } = new URL(http)
  // A public node takes plain text from this machine, and its certificate need not be for 127.0.0.1.
  const asked = protocol === 'https:' ? `http://127.0.0.1:${port}` : http
  try {
    const answer = await fetch(`${asked}/healthz`, { signal: AbortSignal.timeout(answerMs) })
    if (answer.ok) return ok('ports', `HTTP answers at ${http} and the node is well`)
    return {
      check: 'ports',
      level: 'fault',
      what: `the node says that it is not well: ${(await answer.text()).trim().slice(0, 300)}`,
      why: 'messages may be refused',
      fix: 'mend what it names; writing goes on by itself once there is room on the disk',
    }
  } catch (error) {
    return {
      check: 'ports',
      level: 'fault',
      what: `HTTP does not answer at ${http} (${error instanceof Error ? error.message : String(error)})`,
      why: 'web clients cannot connect, and monitoring sees the node as down',
      fix: 'look at the log of the node; start it again',
    }
  }
}

const checkFree = async (name: string, { host, port }: Listener): Promise<DoctorFinding> => {
  if (port === 0) return ok('ports', `${name}: a free port is picked at the start`)
  const code = await listenError(host, port)
  if (code === undefined) return ok('ports', `${name} ${port} is free`)
  const why = 'the node will not start'
  if (code === 'EADDRINUSE') {
    const fix = `stop what listens there (ss -ltnp 'sport = :${port}'), or choose another with --${name}`
    return { check: 'ports', level: 'fault', what: `${name} ${port} is taken by another program`, why, fix }
  }
  if (code === 'EACCES') {
    const fix = `use a port from 1024 up with --${name}, or let this user bind low ones (setcap, sysctl net.ipv4.ip_unprivileged_port_start)`
    return { check: 'ports', level: 'fault', what: `this user may not listen on ${name} ${port}`, why, fix }
  }
  const fix = 'set --bind to an address of this machine'
  return {
    check: 'ports',
    level: 'fault',
    what: `cannot listen on ${host ?? 'all addresses'}:${port} (${code})`,
    why,
    fix,
  }
}

const listenError = (host: string | undefined, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, exclusive: true, ...(host === undefined ? {} : { host }) }, () =>
      server.close(() => resolve(undefined)),
    )
  })
