/**
 * The one way in for what members of other nodes say. Sync has checked who may send it, the log checks chain and seal;
 * here it is checked that the authors are the feed's own (threat 17).
 */
import { HearthError } from '../../spec/errors.ts'
import type { EventHeader } from '../../spec/event.ts'
import { isGovernanceChannel } from '../../spec/governance/acts.ts'
import type { Admit, Entry, Log, RemoteSlice } from '../log/log.ts'
import type { Servers } from '../servers/servers.ts'

export interface IngestRemote {
  /**
   * As `Log.appendRemote`, and EVENT_INVALID for an author who cites somebody else's grant: of no honest node. NOT_FOUND
   * for a grant that is not here yet: to be tried again. What is void or behind a cut is kept and not shown, since
   * whether it stands may change, and since other nodes have it (GOV-13).
   */
  append(slice: RemoteSlice): Promise<Entry[]>
}

export const createIngestRemote = ({
  log,
  servers,
}: {
  readonly log: Pick<Log, 'appendRemote'>
  readonly servers: Pick<Servers, 'judgeRemote'>
}): IngestRemote => {
  const admitting = ({ origin: { node, channel } }: RemoteSlice): Admit => {
    // Most slices are of one author under one grant.
    const judged = new Set<string>()
    let last: Pick<EventHeader, 'member' | 'auth'> | undefined
    return ({ id, member, auth }) => {
      if (last?.member === member && last.auth === auth) return
      last = { member, auth }
      const key = `${member} ${auth}`
      if (judged.has(key)) return
      judged.add(key)
      const verdict = servers.judgeRemote({ channel, node, member, auth })
      if (verdict === 'forged') {
        throw new HearthError('EVENT_INVALID', `event ${id} cites a grant that its author was not given`)
      }
      // GOV-10: governance may come in any order; a message waits for its grant.
      if (verdict === 'waiting' && !isGovernanceChannel(channel)) {
        throw new HearthError('NOT_FOUND', `the grant that event ${id} cites is not here yet`)
      }
    }
  }
  return { append: async (slice) => log.appendRemote(slice, admitting(slice)) }
}
