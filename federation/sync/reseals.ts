/**
 * CERT-4: a node has revoked its earlier keys. What is held of it is held, but nobody else would take it from here; so its
 * seals under the key that counts are fetched from the node itself, which has made them anew.
 */
import type { Sha256, Verify } from '../../spec/crypto.ts'
import { verifySeal } from '../../spec/seal.ts'
import type { HotKeys, SyncLog, Version } from './components.ts'
import type { Forks } from './forks.ts'
import type { RangeClient } from './range-client.ts'
import type { Scope } from './scope.ts'
import { reasonOf, type Session } from './session.ts'

export interface ResealsParts {
  readonly log: Pick<SyncLog, 'sealedFeeds' | 'slice' | 'reseal'>
  readonly hash: Sha256
  readonly verify: Verify
  readonly keys: HotKeys
  readonly forks: Pick<Forks, 'at'>
  readonly scope: Pick<Scope, 'isShared'>
  client(session: Session): RangeClient
}

/** One node at a time, feed by feed; what is done already costs a look at the newest seal of each feed. */
export const createReseals = (parts: ResealsParts) => {
  const { log, hash, verify, keys, forks, scope } = parts
  const looking = new Set<string>()
  /** By session, how many keys were revoked when it was looked at. */
  const seen = new WeakMap<Session, number>()

  const keyOf = ({ node, feed }: Pick<Version, 'node' | 'feed'>, seal: Parameters<typeof verifySeal>[3]['seal']) =>
    keys.of(node).find(({ publicKey }) => verifySeal(hash, verify, publicKey, { feed, seal }))?.publicKey

  const fetch = async (session: Session, version: Version): Promise<void> => {
    const { feed, floor, head, node } = version
    const newest = await log.slice(feed, head, 1)
    if (newest?.seal === undefined || keyOf(version, newest.seal) !== undefined) return
    await parts.client(session).ask({ feed, from: floor, to: head, down: false }, async (piece) => {
      for (const certificate of piece.certificates) keys.learn(node, certificate)
      // A piece that was cut to fit its frame has its seal with the last part.
      if (piece.seal === undefined) return true
      const publicKey = keyOf(version, piece.seal)
      return publicKey !== undefined && (await log.reseal?.({ ...piece, publicKey })) === true
    })
  }

  const look = async (session: Session): Promise<void> => {
    for (const version of log.sealedFeeds()) {
      if (session.closed) return
      if (version.node !== session.node || forks.at(version.feed) !== undefined) continue
      if (scope.isShared(session.node, version.channel)) await fetch(session, version)
    }
  }

  return {
    /** The peer may have revoked keys of its own. */
    check(session: Session): void {
      const revoked = keys.revokedOf?.(session.node).length ?? 0
      if (revoked === 0 || seen.get(session) === revoked || looking.has(session.node)) return
      seen.set(session, revoked)
      looking.add(session.node)
      void look(session)
        .catch((error: unknown) => void (session.lastError = reasonOf(error)))
        .finally(() => looking.delete(session.node))
    },
  }
}
