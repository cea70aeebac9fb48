/** What this node holds, as others may be told: sealed, and not beyond a fork. Kept per channel until it changes. */
import type { Sha256 } from '../../spec/crypto.ts'
import type { ChannelId, FeedId } from '../../spec/ids.ts'
import { channelDigest, type DigestedFeed } from '../../spec/sync/digest.ts'
import type { Forks } from './forks.ts'
import type { SyncLog, Version } from './components.ts'

export interface Holdings {
  /** Undefined: nothing of it is here, sealed. */
  version(feed: FeedId): Version | undefined
  channelOf(feed: FeedId): ChannelId | undefined
  /** A forked feed up to where it forks. */
  of(channel: ChannelId): readonly Version[]
  /** Undefined: the channel is empty. */
  digest(channel: ChannelId): Uint8Array | undefined
  /** The channel has changed. */
  touch(channel: ChannelId, feed?: FeedId): void
}

interface Held {
  readonly versions: ReadonlyMap<FeedId, Version>
  digest: Uint8Array | undefined
}

export const createHoldings = (
  { log, hash }: { readonly log: Pick<SyncLog, 'sealedFeeds'>; readonly hash: Sha256 },
  { at: forkedAt, commonPoint, in: forksIn }: Pick<Forks, 'at' | 'commonPoint' | 'in'>,
): Holdings => {
  const held = new Map<ChannelId, Held>()
  const channels = new Map<FeedId, ChannelId>()
  for (const { feed, channel } of log.sealedFeeds()) channels.set(feed, channel)

  const look = (channel: ChannelId): Held => {
    const known = held.get(channel)
    if (known !== undefined) return known
    const versions = log.sealedFeeds(channel)
    const fresh: Held = { versions: new Map(versions.map((version) => [version.feed, version])), digest: undefined }
    held.set(channel, fresh)
    return fresh
  }

  const commonPart = (version: Version): Version | undefined => {
    const point = commonPoint(version.feed)
    if (point === undefined || version.head <= point.seq) return version
    return point.seq < version.floor ? undefined : { ...version, head: point.seq, headHash: point.hash }
  }

  return {
    channelOf: (feed) => channels.get(feed),
    version(feed) {
      const channel = channels.get(feed)
      return channel === undefined ? undefined : look(channel).versions.get(feed)
    },
    of: (channel) =>
      [...look(channel).versions.values()].flatMap((version): Version[] => {
        const common = commonPart(version)
        return common === undefined ? [] : [common]
      }),
    // SYNC-3
    digest(channel) {
      const found = look(channel)
      if (found.digest !== undefined) return found.digest
      const feeds: DigestedFeed[] = []
      for (const version of found.versions.values()) {
        if (version.head < (forkedAt(version.feed) ?? Infinity) - 1) feeds.push(version)
      }
      // Of a forked feed the common beginning counts: whoever has that, has all that there is.
      for (const [feed, at] of forksIn(channel)) {
        if (at === 1 || (found.versions.get(feed)?.head ?? 0) >= at - 1) feeds.push({ feed, forkedAt: at })
      }
      if (feeds.length === 0) return undefined
      found.digest = channelDigest(hash, feeds)
      return found.digest
    },
    touch(channel, feed) {
      held.delete(channel)
      if (feed !== undefined) channels.set(feed, channel)
    },
  }
}
