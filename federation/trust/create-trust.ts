/** Whom we know and believe (spec/federation-link.md, TRUST): the durable side of the decisions of `judge.ts`. */
import { equalBytes } from '../../spec/bytes.ts'
import type { Certificate } from '../../spec/certificate.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { PeerRecord, PinnedBy, TrustComponents } from './components.ts'
import { lookUpDomain, type DomainAnswer } from './domain.ts'
import { isAdmitted, judge, type Claim } from './judge.ts'

export interface Pin {
  readonly nodeId: NodeId
  readonly by: PinnedBy
  readonly name?: string
  readonly domain?: string
  readonly addresses?: readonly string[]
}

export interface Trust {
  /** Reads what is stored; before it nobody is judged. */
  start(): Promise<void>
  records(): readonly PeerRecord[]
  record(nodeId: NodeId): PeerRecord | undefined
  /** May we speak with that node at all? (TRUST-8) */
  isAdmitted(nodeId: NodeId): boolean
  /** The record, renewed and on disk. Throws PEER_REFUSED: what happened and what to do. */
  admit(claim: Claim): Promise<PeerRecord>
  /** Somebody vouches for the node id: an invite, a domain, an admin (TRUST-3). */
  pin(pin: Pin): Promise<PeerRecord>
  /** An admin has looked: the block, the remembered certificate and another node's hold on its domain are gone. */
  accept(nodeId: NodeId, domain?: string): Promise<PeerRecord>
  block(nodeId: NodeId, reason: string): Promise<PeerRecord>
  forget(nodeId: NodeId): Promise<void>
  /** The node that a domain names; throws PEER_REFUSED when it used to name another (TRUST-5), NODE_DOWN without an answer. */
  discover(domain: string): Promise<DomainAnswer>
  /** Checks the domain that a node claims, and records it when both name each other (TRUST-6). */
  confirmDomain(nodeId: NodeId, domain: string): Promise<PeerRecord>
}

export const createTrust = (components: TrustComponents): Trust => {
  const { self, verify, store, policy, lookups, clock } = components
  const records = new Map<NodeId, PeerRecord>()

  const ownerOf = (domain: string | undefined): PeerRecord | undefined =>
    domain === undefined ? undefined : [...records.values()].find((record) => record.domain === domain)

  const put = async (record: PeerRecord): Promise<PeerRecord> => {
    await store.put(record)
    records.set(record.nodeId, record)
    return record
  }

  /** In memory first: two connections at once must not both be the first. */
  const putIfChanged = async (before: PeerRecord | undefined, record: PeerRecord): Promise<PeerRecord> => {
    if (before !== undefined && isSame(before, record)) return before
    records.set(record.nodeId, record)
    await store.put(record)
    return record
  }

  /** Anybody can make up nodes: the one that was seen least lately, and that nobody vouched for, makes room. */
  const makeRoom = async (): Promise<void> => {
    if (records.size < limits.peerRecordsMax) return
    const [oldest] = [...records.values()]
      .filter((record) => record.pinnedBy === 'tofu' && record.state === 'trusted')
      .sort((a, b) => a.lastSeenMs - b.lastSeenMs || a.firstSeenMs - b.firstSeenMs)
    if (oldest === undefined) throw new HearthError('QUOTA', 'more nodes are known than are kept; forget some')
    records.delete(oldest.nodeId)
    await store.delete(oldest.nodeId)
  }

  const blank = (nodeId: NodeId, pinnedBy: PinnedBy): PeerRecord => ({
    nodeId,
    name: '',
    domain: undefined,
    addresses: [],
    pinnedBy,
    certificateSerial: 0,
    hotKey: undefined,
    firstSeenMs: clock.now(),
    lastSeenMs: 0,
    state: 'trusted',
    reason: undefined,
  })

  const checkOwner = (domain: string, nodeId: NodeId): void => {
    const owner = ownerOf(domain)
    if (owner === undefined || owner.nodeId === nodeId) return
    throw new HearthError(
      'PEER_REFUSED',
      `${domain} named the node ${owner.nodeId} and names ${nodeId} now. Either it lost its root key and was set up ` +
        `anew, or somebody stands in between. Ask its admin by another way; if it is right: hearth peer trust ${nodeId} --domain ${domain}`,
    )
  }

  return {
    async start() {
      for (const record of await store.load()) records.set(record.nodeId, record)
    },

    records: () => [...records.values()],
    record: (nodeId) => records.get(nodeId),
    isAdmitted(nodeId) {
      const record = records.get(nodeId)
      return record?.state !== 'blocked' && isAdmitted(policy(), nodeId, record)
    },

    async admit(claim) {
      const record = records.get(claim.nodeId)
      const certificate = judge(claim, { self, policy: policy(), verify, record, domainOwner: ownerOf(claim.domain) })
      if (record === undefined) await makeRoom()
      return putIfChanged(record, renewed(record ?? blank(claim.nodeId, 'tofu'), claim, certificate, clock.now()))
    },

    async pin({ nodeId, by, name, domain, addresses }) {
      if (domain !== undefined) checkOwner(domain, nodeId)
      const record = records.get(nodeId) ?? blank(nodeId, by)
      return put({
        ...record,
        pinnedBy: by,
        name: name ?? record.name,
        domain: domain ?? record.domain,
        addresses: addresses ?? record.addresses,
      })
    },

    async accept(nodeId, domain) {
      const before = ownerOf(domain)
      if (before !== undefined && before.nodeId !== nodeId) await put({ ...before, domain: undefined })
      const record = records.get(nodeId) ?? blank(nodeId, 'admin')
      return put({
        ...record,
        pinnedBy: 'admin',
        domain: domain ?? record.domain,
        certificateSerial: 0,
        hotKey: undefined,
        state: 'trusted',
        reason: undefined,
      })
    },

    block: (nodeId, reason) => put({ ...(records.get(nodeId) ?? blank(nodeId, 'admin')), state: 'blocked', reason }),

    async forget(nodeId) {
      await store.delete(nodeId)
      records.delete(nodeId)
    },

    async discover(domain) {
      const answer = await lookUpDomain(domain, lookups)
      checkOwner(domain, answer.nodeId)
      return answer
    },

    async confirmDomain(nodeId, domain) {
      const record = records.get(nodeId)
      if (record === undefined) throw new HearthError('NOT_FOUND', `no such peer: ${nodeId}`)
      if (record.domain === domain) return record
      const answer = await lookUpDomain(domain, lookups)
      if (answer.nodeId !== nodeId) {
        throw new HearthError(
          'PEER_REFUSED',
          `${nodeId} calls itself ${domain}, which names ${answer.nodeId}: it goes by its id until ${domain} names it`,
        )
      }
      checkOwner(domain, nodeId)
      const pinnedBy = record.pinnedBy === 'tofu' ? answer.by : record.pinnedBy
      return put({ ...(records.get(nodeId) ?? record), domain, pinnedBy })
    },
  }
}

const hourMs = 3_600_000

const renewed = (
  record: PeerRecord,
  claim: Claim,
  { serial, hotPublicKey }: Certificate,
  nowMs: number,
): PeerRecord => ({
  ...record,
  name: claim.name,
  addresses: claim.addresses.length > 0 ? claim.addresses : record.addresses,
  certificateSerial: serial,
  hotKey: Uint8Array.from(hotPublicKey),
  lastSeenMs: Math.floor(nowMs / hourMs) * hourMs,
})

const isSame = (a: PeerRecord, b: PeerRecord): boolean =>
  a.name === b.name &&
  a.certificateSerial === b.certificateSerial &&
  a.lastSeenMs === b.lastSeenMs &&
  a.hotKey !== undefined &&
  b.hotKey !== undefined &&
  equalBytes(a.hotKey, b.hotKey) &&
  a.addresses.join('\n') === b.addresses.join('\n')
