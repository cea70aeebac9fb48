/** SYNC-3: digests of what is held, so that two nodes find where they differ by 32 bytes a step. */
import { decodeBase32 } from '../base32.ts'
import { compareBytes, concatBytes, writeUint64 } from '../bytes.ts'
import type { Sha256 } from '../crypto.ts'
import type { ChannelId, FeedId, ServerId } from '../ids.ts'
import { parseUuid } from '../uuid.ts'

/** What of a feed goes into a digest: its sealed head, or, once it is known to be forked, where. */
export type DigestedFeed =
  | { readonly feed: FeedId; readonly head: number; readonly headHash: Uint8Array }
  | { readonly feed: FeedId; readonly forkedAt: number }

/** Over feed ‖ head ‖ hash of the head of every feed, a forked one with zeros for the hash; ascending by feed. */
export const channelDigest = (sha256: Sha256, feeds: readonly DigestedFeed[]): Uint8Array =>
  digestOf(
    sha256,
    feeds.map((feed) => {
      const part = new Uint8Array(16 + 8 + 32)
      part.set(decodeBase32(feed.feed) ?? [])
      writeUint64(part, 16, 'head' in feed ? feed.head : feed.forkedAt)
      if ('head' in feed) part.set(feed.headHash, 24)
      return part
    }),
  )

/** Over channel ‖ digest of every channel of which there is a feed, ascending. */
export const serverDigest = (
  sha256: Sha256,
  channels: Iterable<readonly [channel: ChannelId, digest: Uint8Array]>,
): Uint8Array =>
  digestOf(
    sha256,
    [...channels].map(([channel, digest]) => concatBytes(parseUuid(channel) ?? new Uint8Array(16), digest)),
  )

/** Over server ‖ digest of every server, ascending. */
export const summaryDigest = (
  sha256: Sha256,
  servers: Iterable<readonly [server: ServerId, digest: Uint8Array]>,
): Uint8Array =>
  digestOf(
    sha256,
    [...servers].map(([server, digest]) => concatBytes(decodeBase32(server) ?? new Uint8Array(32), digest)),
  )

const digestOf = (sha256: Sha256, parts: Uint8Array[]): Uint8Array => sha256(concatBytes(...parts.sort(compareBytes)))
