import { presenceList } from '../../spec/calls/presence.list.ts'
import { presenceSet } from '../../spec/calls/presence.set.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import type { PresenceJson } from '../../spec/presence.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Presence } from './presence.ts'

export interface PresenceCallsComponents {
  readonly presence: Presence
  /** NOT_FOUND unless the user is a member. */
  readonly findServer: (user: UserName, server: string) => { readonly id: ServerId }
  readonly isMember: (user: UserName, server: ServerId) => boolean
  /** May the viewer see that person's presence? */
  readonly sees: (viewer: UserName, user: UserName) => boolean
  /** People of other nodes; those that the viewer sees, and who are in the server. */
  readonly away: (viewer: UserName, server: ServerId) => readonly PresenceJson[]
}

export const presenceCalls = (components: PresenceCallsComponents): CallHandler[] => {
  const { presence, findServer, isMember, sees, away } = components
  return [
    answer(presenceSet, async ({ user, device, scope }, choice) => {
      requirePerson(scope)
      await presence.choose(user, device, choice)
      return { presence: presence.seen(user), invisible: presence.isInvisible(user) }
    }),
    answer(presenceList, ({ user, scope }, { server }) => {
      requirePerson(scope)
      const { id } = findServer(user, server)
      const present = presence
        .present()
        .filter((one) => isMember(one, id) && (one === user || sees(user, one)))
        .map((one): PresenceJson => presence.seen(one))
        .concat(away(user, id))
      return Promise.resolve({ present: present.sort((a, b) => (a.user < b.user ? -1 : 1)) })
    }),
  ]
}

const requirePerson = (scope: unknown): void => {
  if (scope === undefined) return
  throw new HearthError('NOT_ALLOWED', 'an app token cannot do this: log in with the password or a device key')
}
