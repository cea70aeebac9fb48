import { profileSet } from '../../spec/calls/profile.set.ts'
import { profileShow } from '../../spec/calls/profile.show.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ServerId, UserName } from '../../spec/ids.ts'
import { personOf } from '../../spec/person.ts'
import { readAvatar, type ProfileJson } from '../../spec/profile.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { PersonInfo } from '../friends/friends.ts'
import type { MemberInfo } from '../servers/servers.ts'
import type { AwayProfiles } from './away.ts'
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
  /** The same of other nodes: members of the viewer's servers are asked for apart. */
  readonly knownAway: (viewer: UserName, who: string) => PersonInfo | undefined
  readonly away: AwayProfiles
}

export const profileCalls = (components: ProfileCallsComponents): CallHandler[] => {
  const { profiles, findServer, memberNamed, serversOf, known, knownAway, away } = components

  /** PROF-15: what they are called in a server stands in its governance, the rest their node says. */
  const showAway = async (viewer: UserName, who: string, server: ServerId | undefined): Promise<ProfileJson> => {
    const found = findMember(viewer, who, server)
    const info = found?.info ?? (server === undefined ? knownAway(viewer, who) : undefined)
    if (info === undefined) throw new HearthError('NOT_FOUND', `you know nobody called ${who}`)
    const { name, about, pronouns, avatar } = (await away.get(info.person)) ?? {}
    return {
      address: info.address,
      name: server === undefined ? (name ?? info.name) : info.name,
      ...(about !== undefined && { about }),
      ...(pronouns !== undefined && { pronouns }),
      ...(avatar !== undefined && avatarJson(avatar)),
    }
  }
  const findMember = (viewer: UserName, who: string, server: ServerId | undefined) => {
    const places = server === undefined ? serversOf(viewer).map(({ id }) => id) : [server]
    for (const place of places) {
      const member = memberNamed(place, who)
      if (member === undefined) continue
      const { address, name, node } = member
      return { info: { address, name, person: personOf(address.slice(0, address.indexOf('@')) as UserName, node) } }
    }
    return undefined
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
      return local !== undefined && isThere ? profiles.show(local, place) : showAway(user, who, place)
    }),
  ]
}

const avatarJson = (bytes: Uint8Array): Pick<ProfileJson, 'avatar'> => {
  const image = readAvatar(bytes)
  return image === undefined ? {} : { avatar: { type: image.type, data: Buffer.from(bytes).toString('base64') } }
}
