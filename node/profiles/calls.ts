import { profileSet } from '../../spec/calls/profile.set.ts'
import { profileShow } from '../../spec/calls/profile.show.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import type { ProfileJson } from '../../spec/profile.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { MemberInfo } from '../servers/servers.ts'
import type { Profiles } from './profiles.ts'

export interface ProfileCallsComponents {
  readonly profiles: Profiles
  /** NOT_FOUND unless the user is a member. */
  readonly findServer: (user: UserName, server: string) => { readonly id: ServerId }
  /** A member of any node, by user name or address. */
  readonly memberNamed: (server: ServerId, who: string) => MemberInfo | undefined
  readonly serversOf: (user: UserName) => readonly { readonly id: ServerId }[]
  /** The user of this node by name or address, if the viewer may see who that is: a friend, or of a shared server. */
  readonly known: (viewer: UserName, who: string) => UserName | undefined
}

export const profileCalls = (components: ProfileCallsComponents): CallHandler[] => {
  const { profiles, findServer, memberNamed, serversOf, known } = components

  /** Of another node only what its members' names say. */
  const showMember = (viewer: UserName, who: string, server: ServerId | undefined): ProfileJson => {
    const places = server === undefined ? serversOf(viewer).map(({ id }) => id) : [server]
    for (const place of places) {
      const member = memberNamed(place, who)
      if (member !== undefined) return { address: member.address, name: member.name }
    }
    throw new HearthError('NOT_FOUND', `you know nobody called ${who}`)
  }

  return [
    answer(profileSet, async ({ user, scope }, { server, nickname, avatar, ...rest }) => {
      if (scope !== undefined) {
        throw new HearthError('NOT_ALLOWED', 'an app token cannot do this: log in with the password or a device key')
      }
      const place = server === undefined ? undefined : findServer(user, server).id
      await profiles.set(user, {
        ...rest,
        avatar: avatar == null ? avatar : Buffer.from(avatar, 'base64'),
        ...(place !== undefined && nickname !== undefined && { nickname: { server: place, name: nickname } }),
      })
      return profiles.show(user, place)
    }),
    answer(profileShow, async ({ user }, { who = user, server }) => {
      const place = server === undefined ? undefined : findServer(user, server).id
      const local = who === user ? user : known(user, who)
      const isThere = place === undefined || memberNamed(place, who) !== undefined
      return local !== undefined && isThere ? profiles.show(local, place) : showMember(user, who, place)
    }),
  ]
}
