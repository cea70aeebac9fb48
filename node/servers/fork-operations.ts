/** Deciding which branch of a forked feed counts (GOV-38 to GOV-40): the one that is held here, quoted for everybody. */
import { HearthError } from '../../spec/errors.ts'
import { readGovernanceEvent } from '../../spec/governance/acts.ts'
import { readBranch, type ResolveAct } from '../../spec/governance/branches.ts'
import type { NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { encodeSeal } from '../../spec/seal.ts'
import { createVerify, sha256 } from '../crypto.ts'
import type { FeedSlice, Log } from '../log/log.ts'
import { demand, type Desk } from './desk.ts'
import type { Operations, ServersComponents } from './servers.ts'

export const forkOperations = (
  desk: Desk,
  { log, certificatesOf = () => [] }: Pick<ServersComponents, 'log' | 'certificatesOf'>,
): Pick<Operations, 'resolveFork'> => {
  const verify = createVerify()

  /** Under the certificate that its seal is of. */
  const proofOf = ({ origin, from, events, seal }: FeedSlice): ResolveAct | undefined => {
    if (seal === undefined) return undefined
    const { node, epoch, channel } = origin
    const quoted = { type: 'feed.resolve', node, epoch, from, events, seal: encodeSeal(seal) } as const
    for (const certificate of certificatesOf(node)) {
      const act: ResolveAct = { ...quoted, certificate }
      const branch = readBranch({ hash: sha256, verify, read: readGovernanceEvent }, channel, act)
      if (branch !== undefined) return { ...act, branch }
    }
    return undefined
  }

  return {
    async resolveFork(actor, feed) {
      const at = desk.directory.forkOf(feed)
      const held = log.feeds().find((version) => version.feed === feed)
      if (at === undefined) throw new HearthError('NOT_FOUND', `feed ${feed} is not known to fork`)
      if (held === undefined || held.head < at) {
        throw new HearthError(
          'NOT_FOUND',
          `nothing of feed ${feed} is held here from event ${at} on; decide it at a node that holds a branch`,
        )
      }
      const community = desk.directory.governedBy(held.channel)
      if (community === undefined || community.info.governance !== held.channel) {
        throw new HearthError('BAD_REQUEST', `feed ${feed} holds messages; whoever wrote them says them again`)
      }
      return desk.inTurn(community.id, async () => {
        const place = desk.enter(actor, community.id)
        demand(place, 'manageServer')
        assertElsewhere(held.node, desk.node)
        const act = proofOf(await sliceFor(log, feed, at))
        if (act?.branch === undefined) throw tooLong(feed)
        const event = await desk.write(place, act)
        const restored = act.branch.events.filter(({ id }) => community.governance.isValid(id)).length
        return { event, restored }
      })
    },
  }
}

/** As much as fits into one event, up to a seal. QUOTA: there is no seal in so much. */
const sliceFor = async (log: Pick<Log, 'slice'>, feed: Parameters<Log['slice']>[0], at: number): Promise<FeedSlice> => {
  for (let count: number = limits.quotedEventsMax; count >= 1; count = Math.floor(count / 2)) {
    const slice = await log.slice(feed, at, count, true)
    if (slice?.seal === undefined) break
    const bytes = slice.events.reduce((sum, event) => sum + event.length, 0)
    if (bytes <= quotedBytesMax) return slice
  }
  throw tooLong(feed)
}

const tooLong = (feed: string): HearthError =>
  new HearthError('QUOTA', `the branch of feed ${feed} is too long to be quoted in one event, or its seal is not here`)

const assertElsewhere = (origin: NodeId, self: NodeId): void => {
  if (origin !== self) return
  throw new HearthError('NOT_ALLOWED', 'a node does not decide about its own feeds; ask an admin of another node')
}

/** Beside header, seal and certificate of the event that quotes. */
const quotedBytesMax = limits.eventBytesMax - 8_192
