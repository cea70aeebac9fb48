/**
 * Ending grants (GOV-11). What the holder had been allowed to say is hidden by no cut: messages that were under way while
 * the heads were read are noticed when they are committed, and the same revoker raises the cut over them.
 */
import type { RevokeReason } from '../../spec/governance/acts.ts'
import { splitAuthor, type AuthorKey } from '../../spec/governance/names.ts'
import type { Grant } from '../../spec/governance/state.ts'
import type { EventId, FeedId, MemberId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { Entry } from '../log/log.ts'
import type { Community } from './community.ts'
import type { Desk, Place } from './desk.ts'
import type { ServersComponents } from './servers.ts'

export interface Ending {
  readonly place: Place
  readonly grants: readonly Grant[]
  readonly reason: RevokeReason
  /** Each grant gives itself up, instead of being taken by `place.who`. */
  readonly own?: boolean
}

export interface Revoker {
  /** Within the server's turn. Resolves when every grant has ended. */
  end(ending: Ending): Promise<void>
  /** Takes what was committed at this node. */
  note(entries: readonly Entry[]): void
}

/** A grant that ended here. */
interface Ended extends Omit<Ending, 'grants'> {
  readonly grant: Grant
  cuts: ReadonlyMap<FeedId, number>
  /** The cut is being written, or its turn to be raised is awaited. */
  busy: boolean
  /** Something was committed beyond the cut. */
  late: boolean
}

export const createRevoker = (desk: Desk, log: ServersComponents['log']): Revoker => {
  /** The newest, by grant and holder. */
  const ended = new Map<string, Ended>()

  const cut = async (one: Ended): Promise<void> => {
    const { place, grant, reason, own } = one
    one.busy = true
    do {
      one.late = false
      one.cuts = new Map(headsOf(place.community, grant.to, log))
      for (const cuts of inParts([...one.cuts])) {
        await desk.write(place, { type: 'revoke', target: grant.id, reason, cuts }, own === true ? grant : undefined)
      }
    } while (one.late)
    one.busy = false
  }

  /** Fails when the revoker may no more, or the disk is full; then the cut stays where it is. */
  const raise = async (one: Ended): Promise<void> => {
    one.busy = true
    await desk.inTurn(one.place.community.id, () => cut(one)).catch(() => undefined)
    one.busy = false
  }

  const remember = (one: Ended): void => {
    ended.set(keyOf(one.grant.id, splitAuthor(one.grant.to).member), one)
    const [oldest] = ended.keys()
    if (ended.size > endedMax && oldest !== undefined) ended.delete(oldest)
  }

  return {
    async end({ grants, ...ending }) {
      for (const grant of grants) {
        const one: Ended = { ...ending, grant, cuts: new Map(), busy: true, late: false }
        remember(one)
        await cut(one)
      }
    },
    note(entries) {
      if (ended.size === 0) return
      for (const { node, auth, member, feed, seq, type } of entries) {
        if (node !== desk.node || auth === undefined || type === 'revoke') continue
        const one = ended.get(keyOf(auth, member))
        if (one === undefined || seq <= (one.cuts.get(feed) ?? 0)) continue
        one.late = true
        if (!one.busy) void raise(one)
      }
    },
  }
}

const keyOf = (grant: EventId, holder: MemberId): string => `${grant} ${holder}`

/** Every feed that the holder's node has written in the server, as far as it is durable here. */
export const headsOf = (community: Community, holder: AuthorKey, log: ServersComponents['log']): [FeedId, number][] => {
  const { node } = splitAuthor(holder)
  const channels = [...community.governingChannels(), ...community.governance.channels.keys()]
  const feeds = channels.flatMap((channel) => log.feeds(channel)).filter((feed) => feed.node === node)
  return feeds.map(({ feed, head }) => [feed, head])
}

/** One at least: a revocation without cuts ends a grant from its beginning. */
const inParts = (heads: readonly [FeedId, number][]): ReadonlyMap<FeedId, number>[] => {
  const parts = [new Map(heads.slice(0, limits.cutsPerRevokeMax))]
  for (let at = limits.cutsPerRevokeMax; at < heads.length; at += limits.cutsPerRevokeMax) {
    parts.push(new Map(heads.slice(at, at + limits.cutsPerRevokeMax)))
  }
  return parts
}

/** Grants whose messages may still be under way when they end. */
const endedMax = 1_000
