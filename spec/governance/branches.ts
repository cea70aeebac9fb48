/** Which branch of a forked feed counts (GOV-38 to GOV-40): quoted by whoever decides it, so that all nodes have it. */
import { decodeBase32, encodeBase32 } from '../base32.ts'
import { equalBytes } from '../bytes.ts'
import type { CborValue } from '../cbor.ts'
import { readCertificate } from '../certificate.ts'
import type { Sha256, Verify } from '../crypto.ts'
import { HearthError } from '../errors.ts'
import { decodeEvent, type DecodedEvent } from '../event.ts'
import { checkChain, feedIdOf, zeroHash } from '../feed.ts'
import { decodeHex, encodeHex } from '../hex.ts'
import type { ChannelId, FeedId, NodeId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decodeSeal, verifySeal } from '../seal.ts'
import { idBytes, open, refused } from './act-parts.ts'
import type { GovernanceEvent, GovernanceSource } from './acts.ts'

/** GOV-38: `[node, epoch, from, [event …], seal, certificate]`. */
export interface ResolveAct {
  readonly type: 'feed.resolve'
  readonly node: NodeId
  /** 8 bytes, hex. */
  readonly epoch: string
  readonly from: number
  /** As they were signed. */
  readonly events: readonly Uint8Array[]
  /** SEAL-4, of the last of them. */
  readonly seal: Uint8Array
  /** CERT-1, of the key that sealed it. */
  readonly certificate: Uint8Array
  /** What they are, once they are proven to be the node's; without it the act does nothing. */
  readonly branch?: Branch
}

/** A part of a feed that its node sealed. */
export interface Branch {
  readonly feed: FeedId
  readonly from: number
  /** Those of them that govern. */
  readonly events: readonly GovernanceEvent[]
}

export const resolveShape = ({ node, epoch, from, events, seal, certificate }: ResolveAct): CborValue => [
  idBytes(node),
  decodeHex(epoch) ?? new Uint8Array(),
  from,
  events,
  seal,
  certificate,
]

export const readResolve = (body: Uint8Array): ResolveAct => {
  const reader = open(body, 6)
  const node = encodeBase32(reader.bytesOf(32)) as NodeId
  const epoch = encodeHex(reader.bytesOf(8))
  const from = reader.uint()
  const count = reader.array()
  if (from < 1 || count < 1 || count > limits.quotedEventsMax) throw refused()
  const events = Array.from({ length: count }, () => reader.bytes())
  const seal = reader.bytes()
  const certificate = reader.bytes()
  reader.end()
  return { type: 'feed.resolve', node, epoch, from, events, seal, certificate }
}

export interface BranchComponents {
  readonly hash: Sha256
  readonly verify: Verify
  /** GOV-1 */
  readonly read: (source: GovernanceSource) => GovernanceEvent | undefined
}

/** GOV-38: undefined unless the node's root certified the key that sealed just these events, of a feed of that channel. */
export const readBranch = (
  { hash, verify, read }: BranchComponents,
  channel: ChannelId,
  { node, epoch, from, events, seal, certificate }: ResolveAct,
): Branch | undefined => {
  try {
    const { hotPublicKey } = readCertificate(verify, decodeBase32(node) ?? new Uint8Array(), certificate)
    const feed = feedIdOf(hash, { node, channel, epoch })
    const [first] = events
    if (first === undefined) return undefined
    const before = from === 1 ? zeroHash : decodeEvent(first).header.prevHash
    const chain = checkChain(hash, { feed, seq: from - 1, hash: before }, events)
    const sealed = decodeSeal(seal)
    const isSealed =
      chain.ok &&
      sealed.seq === chain.head.seq &&
      equalBytes(sealed.hash, chain.head.hash) &&
      verifySeal(hash, verify, hotPublicKey, { feed, seal: sealed })
    return isSealed
      ? { feed, from, events: chain.events.flatMap((event) => read(sourceOf(node, event)) ?? []) }
      : undefined
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

const sourceOf = (node: NodeId, { header, body }: DecodedEvent): GovernanceSource => {
  const { id, member, feed, seq, auth, type } = header
  return { id, node, member, feed, seq, auth, type, body }
}
