/** Who is meant by the names in a text (MSGS-3, MSGS-4). */
import { HearthError } from '../../spec/errors.ts'
import { authorKey } from '../../spec/governance/names.ts'
import { everyoneRole, parseRoleId } from '../../spec/governance/roles.ts'
import type { ChannelId, ServerId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { namesIn, type Mention } from '../../spec/mentions.ts'
import type { MessageServers } from './components.ts'

/** At the author's node. Throws QUOTA: more than `limits.mentionsMax`. */
export const resolveMentions = (
  servers: Pick<MessageServers, 'channel' | 'may' | 'memberNamed' | 'roles'>,
  { user, channel, text }: { readonly user: UserName; readonly channel: ChannelId; readonly text: string },
): readonly Mention[] => {
  const names = namesIn(text)
  const server = names.length === 0 ? undefined : servers.channel(channel)?.server
  if (server === undefined) return []
  const mayAll = servers.may(user, channel, 'mentionEveryone')
  const mentions = new Set<Mention>()
  for (const readings of names) {
    const mention = first(readings, (name) => meant(servers, { server, name, mayAll }))
    if (mention !== undefined) mentions.add(mention)
    if (mentions.size > limits.mentionsMax) {
      throw new HearthError('QUOTA', `a message mentions at most ${limits.mentionsMax}`)
    }
  }
  return [...mentions].sort()
}

/** MSGS-3: `everyone` and `here` for those who may, then members, then roles; the role of everybody is `everyone`. */
const meant = (
  servers: Pick<MessageServers, 'memberNamed' | 'roles'>,
  { server, name, mayAll }: { readonly server: ServerId; readonly name: string; readonly mayAll: boolean },
): Mention | undefined => {
  if (name === 'everyone' || name === 'here') return mayAll ? name : undefined
  const member = servers.memberNamed(server, name)
  if (member !== undefined) return authorKey(member.node, member.member)
  const role = servers.roles(server).find(({ id, name: called }) => id === name || called.toLowerCase() === name)
  const id = role === undefined ? undefined : parseRoleId(role.id)
  return id === everyoneRole ? undefined : id
}

const first = <T>(readings: readonly string[], find: (name: string) => T | undefined): T | undefined => {
  for (const reading of readings) {
    const found = find(reading)
    if (found !== undefined) return found
  }
  return undefined
}
