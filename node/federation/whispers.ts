/** Typing across nodes, for who may read the channel: never stored, and bounded both ways (SYNC-19). */
import type { Sync } from '../../federation/sync/components.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../../spec/cbor.ts'
import { HearthError } from '../../spec/errors.ts'
import { isChannelId, isMemberId } from '../../spec/identifiers.ts'
import type { ChannelId, MemberId, NodeId, ServerId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { textBytes } from '../../spec/utf8.ts'
import { createRateLimiter } from '../accounts/rate-limit.ts'
import type { MemberInfo, Servers } from '../servers/servers.ts'
import type { NodeDirectory } from './directory.ts'

export interface WhispersComponents {
  readonly sync: Pick<Sync, 'whisper' | 'onWhisper'>
  readonly directory: Pick<NodeDirectory, 'peersOf' | 'mayServe'>
  readonly servers: Pick<Servers, 'channel' | 'memberAt' | 'memberMay'>
  readonly clock: { now(): number }
  /** Somebody of another node types in a channel of this one. */
  readonly typing: (channel: ChannelId, server: ServerId, member: MemberInfo) => void
}

export interface Whispers {
  /** A member of this node types. */
  typing(channel: ChannelId, member: MemberId): void
  stop(): void
}

export const createWhispers = (components: WhispersComponents): Whispers => {
  const { sync, directory, servers, clock } = components
  const perSecond = limits.typingPerPeerPerSecond
  const taken = createRateLimiter(clock, { perSecond, burst: 5 * perSecond, keysMax: limits.peerRecordsMax })
  const told = createRateLimiter(clock, { perSecond: 1_000 / limits.typingToldMs, burst: 1 })

  const heard = (from: NodeId, payload: Uint8Array): void => {
    if (taken.take(from) > 0) return
    const value = readPayload(payload)
    if (!Array.isArray(value)) return
    const [id, member] = value as readonly CborValue[]
    if (!isChannelId(id) || !isMemberId(member) || !directory.mayServe(from, id)) return
    const channel = servers.channel(id)
    // Only its own members: the node is who the connection proves it to be.
    const who = channel === undefined ? undefined : servers.memberAt(from, member, channel.server)
    if (channel === undefined || who === undefined || who.timeoutUntil > clock.now()) return
    if (servers.memberMay(who, id, 'send')) components.typing(id, channel.server, who)
  }

  const stop = sync.onWhisper((from, { kind, payload }) => {
    if (kind === typingKind) heard(from, payload)
  })

  return {
    typing(channel, member) {
      const nodes = directory.peersOf(channel)
      if (nodes.length === 0 || told.take(`${channel} ${member}`) > 0) return
      const whisper = {
        kind: typingKind,
        key: textBytes(`${channel} ${member}`.slice(0, keyCharsMax)),
        payload: encodeCbor([channel, member]),
      }
      for (const node of nodes) void sync.whisper(node, whisper)
    },
    stop,
  }
}

const readPayload = (payload: Uint8Array): CborValue | undefined => {
  try {
    return decodeCbor(payload, { bytesMax: 256, depthMax: 2 })
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

const typingKind = 'typing'
const keyCharsMax = 64
