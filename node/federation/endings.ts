/** Says so when a member of this node is out of a server of others: left, was put out, or banned. */
import type { Timers } from '../../federation/components.ts'
import { readAct, type RevokeReason } from '../../spec/governance/acts.ts'
import type { EventId, ServerId, UserName } from '../../spec/ids.ts'
import type { Log } from '../log/log.ts'
import type { Servers } from '../servers/servers.ts'

export interface Ending {
  readonly server: ServerId
  readonly handle: string
  readonly reason: RevokeReason
}

export interface EndingsComponents {
  readonly log: Pick<Log, 'onCommitted'>
  readonly servers: Pick<Servers, 'servers' | 'members' | 'grantOf' | 'governedBy' | 'onChanged'>
  readonly timers: Pick<Timers, 'soon'>
  readonly tell: (user: UserName, ending: Ending) => void
}

/** Returns the stop. The log says what was revoked and why, the servers whom it puts out: looked at at the end of the turn. */
export const followEndings = ({ log, servers, timers, tell }: EndingsComponents): (() => void) => {
  const seats = new Map<ServerId, ReadonlyMap<UserName, EventId>>()
  /** Why, by grant; of the newest revocations. */
  const reasons = new Map<EventId, RevokeReason>()

  const seatsIn = (server: ServerId): Map<UserName, EventId> =>
    new Map(
      servers.members(server).flatMap(({ user, node, member }): [UserName, EventId][] => {
        const grant = user === undefined ? undefined : servers.grantOf(node, member, server)
        return user === undefined || grant === undefined ? [] : [[user, grant]]
      }),
    )

  const look = (): void => {
    for (const { id, handle } of servers.servers()) {
      const now = seatsIn(id)
      for (const [user, grant] of seats.get(id) ?? []) {
        if (!now.has(user)) tell(user, { server: id, handle, reason: reasons.get(grant) ?? 'kick' })
      }
      seats.set(id, now)
    }
  }
  for (const { id } of servers.servers()) seats.set(id, seatsIn(id))

  const stopLog = log.onCommitted((entries) => {
    for (const { type, body, channel } of entries) {
      if (type !== 'revoke' || body === undefined || servers.governedBy(channel) === undefined) continue
      const act = readAct('revoke', body)
      if (act?.type !== 'revoke') continue
      reasons.set(act.target, act.reason)
      const [oldest] = reasons.keys()
      if (reasons.size > reasonsMax && oldest !== undefined) reasons.delete(oldest)
    }
  })
  let isDue = false
  const stopServers = servers.onChanged((kind) => {
    if (kind !== 'permissions' || isDue) return
    isDue = true
    timers.soon(() => {
      isDue = false
      look()
    })
  })
  return () => {
    stopLog()
    stopServers()
  }
}

const reasonsMax = 1_000
