import { limits } from '../../../spec/limits.ts'
import type { PeerRow } from '../../admin/federation-components.ts'
import { answers } from './answers.ts'
import { ok } from './finding.ts'
import type { DoctorFinding, Patient } from './finding.ts'

/** Half of what makes other nodes hold events: there is time to mend it. */
const offsetMaxMs = limits.clockAheadMaxMs / 2

/** Can other nodes reach this one, do they keep its time, and is its relay there? */
export const checkFederation = async (
  { config, status }: Pick<Patient, 'config' | 'status'>,
  listPeers: () => Promise<readonly PeerRow[]>,
): Promise<DoctorFinding[]> => {
  if (config.federation === 'off') return [ok('nodes', 'this node does not federate')]
  if (status === undefined) return []
  const peers = await listPeers()
  return [
    await checkReachable(status.addresses.p2p),
    ...checkRelay(config.relayVia, status.addresses.relayed),
    ...checkPeers(peers),
    ...checkOffsets(peers),
  ]
}

const checkReachable = async (address: string | undefined): Promise<DoctorFinding> => {
  const [, host, port] = /^\/(?:ip4|ip6|dns4|dns6|dns)\/([^/]+)\/tcp\/(\d+)/.exec(address ?? '') ?? []
  if (host === undefined) {
    return {
      check: 'nodes',
      level: 'fault',
      what: 'no address is listened on for other nodes',
      why: 'nobody of another node can join',
      fix: 'look at the log of the node for why --p2p-port could not be opened',
    }
  }
  if (!(await answers(host, Number(port)))) {
    return {
      check: 'nodes',
      level: 'fault',
      what: `the port for other nodes does not answer at ${address}`,
      why: 'other nodes cannot connect',
      fix: 'look whether a firewall stands between, and at the log of the node',
    }
  }
  if (host === '127.0.0.1' || host === '::1') {
    return ok('nodes', 'other nodes are listened for on this machine only; --public or --bind opens it to others')
  }
  return ok('nodes', `other nodes reach this one at ${address}, as far as can be seen from here`)
}

const checkRelay = (relayVia: string, relayed: string | undefined): DoctorFinding[] => {
  if (relayVia === '') return []
  if (relayed !== undefined) return [ok('relay', `other nodes reach this one through the relay at ${relayed}`)]
  return [
    {
      check: 'relay',
      level: 'warning',
      what: `no relay carries this node (${relayVia})`,
      why: 'behind NAT nobody can dial it; nodes that it dials itself are not concerned',
      fix: 'ask the admin of the relay whether it runs with --relay; the node tries again by itself',
    },
  ]
}

const checkPeers = (peers: readonly PeerRow[]): DoctorFinding[] =>
  peers
    .filter(({ state }) => state === 'dialing' || state === 'cutOff' || state === 'throttled')
    .map(({ name, node, state, reason }) => ({
      check: 'nodes',
      level: 'warning',
      what: `${name || node.slice(0, 12)} is ${state === 'dialing' ? 'not reached' : state === 'cutOff' ? 'cut off' : 'throttled'}${reason === undefined ? '' : `: ${reason}`}`,
      why: 'what is said there comes late, and what is said here is not kept there',
      fix: 'see hearth peer list and hearth federation status; ask its admin',
    }))

const checkOffsets = (peers: readonly PeerRow[]): DoctorFinding[] => {
  const known = peers.filter(({ clockOffsetMs }) => clockOffsetMs !== undefined)
  const off = known.filter(({ clockOffsetMs = 0 }) => Math.abs(clockOffsetMs) > offsetMaxMs)
  if (known.length === 0) return []
  if (off.length === 0) return [ok('clock', `the clocks of ${known.length} connected nodes agree with this one`)]
  const isOurs = off.length > known.length / 2
  return off.map(({ name, node, clockOffsetMs = 0 }) => ({
    check: 'clock',
    level: 'warning',
    what: `the clock of ${name || node.slice(0, 12)} is ${Math.round(Math.abs(clockOffsetMs) / 1_000)} s ${clockOffsetMs > 0 ? 'ahead of' : 'behind'} this one`,
    why: `events more than ${limits.clockAheadMaxMs / 1_000} s ahead are held by those who get them`,
    fix: isOurs ? 'most nodes disagree with this one: let NTP set its clock' : 'tell its admin',
  }))
}
