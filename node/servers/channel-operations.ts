import { HearthError } from '../../spec/errors.ts'
import type { Act } from '../../spec/governance/acts.ts'
import { keys, type ChannelField } from '../../spec/governance/registers.ts'
import { isText } from '../../spec/governance/names.ts'
import { roleRank } from '../../spec/governance/roles.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { bitOf, channelPermissions, toBits, toNames, type Permission } from '../../spec/permissions.ts'
import { demand, type Desk, type Place } from './desk.ts'
import { findMember } from './find-member.ts'
import { findRole } from './role-operations.ts'
import { checkName, freeHandle } from './server-operations.ts'
import type { Actor, Operations, Override } from './servers.ts'

type ChannelOperations = Pick<
  Operations,
  | 'createChannel'
  | 'renameChannel'
  | 'setTopic'
  | 'setCategory'
  | 'archiveChannel'
  | 'setRetention'
  | 'setChannelPrivate'
  | 'setChannelEntry'
  | 'setChannelOverride'
>

export const channelOperations = (desk: Desk): ChannelOperations => {
  const atChannel = async (actor: Actor, channel: ChannelId, task: (place: Place) => Promise<void>): Promise<void> => {
    const { community } = desk.enterChannel(actor, channel)
    await desk.inTurn(community.id, () => task(desk.enterChannel(actor, channel)))
  }

  const setField = (actor: Actor, channel: ChannelId, field: ChannelField, value: string | boolean): Promise<void> =>
    atChannel(actor, channel, async (place) => {
      demand(place, 'manageChannel')
      await desk.set(place, keys.channel(channel, field), value)
    })

  return {
    createChannel: (actor, server, { handle, name, topic, category, private: isPrivate = false }) =>
      desk.inTurn(server, async () => {
        const place = desk.enter(actor, server)
        const { community, who } = place
        demand(place, 'manageChannel')
        if (community.governance.channels.size >= limits.channelsPerServerMax) {
          throw new HearthError('QUOTA', `a server has at most ${limits.channelsPerServerMax} channels`)
        }
        const settings = {
          topic: topic === undefined ? '' : checkText(topic, 'a topic', limits.topicCharsMax),
          category: category === undefined ? '' : checkText(category, 'a category', limits.nameCharsMax),
        }
        const named = {
          handle: freeHandle(handle, community.channelByHandle(handle) !== undefined),
          name: checkName(name ?? handle),
        }
        const act: Act = { type: 'channel.create', ...(isPrivate ? { private: true } : { private: false, ...named }) }
        const id = (await desk.write(place, act)) as string as ChannelId
        if (isPrivate) {
          if ((who.bits & bitOf('manageServer')) === 0) await desk.set(place, keys.entry(id, who.author), true)
          if (named.name !== named.handle) await desk.set(place, keys.channel(id, 'name'), named.name)
          await desk.set(place, keys.channel(id, 'handle'), named.handle)
        }
        if (settings.topic !== '') await desk.set(place, keys.channel(id, 'topic'), settings.topic)
        if (settings.category !== '') await desk.set(place, keys.channel(id, 'category'), settings.category)
        const made = community.channel(id)
        if (made === undefined) throw new HearthError('INTERNAL', `the channel ${handle} was written but is not there`)
        return made
      }),

    renameChannel: async (actor, channel, name) => setField(actor, channel, 'name', checkName(name)),
    setTopic: async (actor, channel, topic) =>
      setField(actor, channel, 'topic', checkText(topic, 'a topic', limits.topicCharsMax)),
    setCategory: async (actor, channel, category) =>
      setField(actor, channel, 'category', checkText(category, 'a category', limits.nameCharsMax)),
    setRetention: (actor, channel, days) =>
      atChannel(actor, channel, async (place) => {
        demand(place, 'manageServer')
        if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= limits.retentionDaysMax)) {
          throw new HearthError(
            'BAD_REQUEST',
            `a channel is kept for 1 to ${limits.retentionDaysMax} days, or for ever`,
          )
        }
        await desk.set(place, keys.channel(channel, 'retention'), days ?? null)
      }),
    archiveChannel: (actor, channel, archived) => setField(actor, channel, 'archived', archived),
    setChannelPrivate: (actor, channel, isPrivate) =>
      atChannel(actor, channel, async (place) => {
        demand(place, 'manageChannel')
        if (!isPrivate && place.community.isPrivate(channel)) await desk.publish(place, channel)
        await desk.set(place, keys.channel(channel, 'private'), isPrivate)
      }),

    setChannelEntry: (actor, channel, who, listed) =>
      atChannel(actor, channel, async (place) => {
        demand(place, 'manageChannel')
        const key =
          'role' in who ? findRole(place.community, who.role).id : findMember(place.community, who.member).author
        await desk.set(place, keys.entry(channel, key), listed)
      }),

    setChannelOverride: (actor, channel, role, override) =>
      atChannel(actor, channel, async (place) => {
        demand(place, 'manageRoles')
        const { id, name } = findRole(place.community, role)
        if (roleRank(id) <= place.who.grant.rank) {
          throw new HearthError('NOT_ALLOWED', `the role ${name} stands at your rank or above`)
        }
        const [allow, deny] = checkOverride(override)
        for (const permission of allow) demand(place, permission)
        await desk.set(place, keys.override(channel, id), [allow, deny])
      }),
  }
}

const checkText = (text: string, what: string, charsMax: number): string => {
  const trimmed = text.trim()
  if (isText(trimmed, charsMax)) return trimmed
  throw new HearthError('BAD_REQUEST', `${what} has at most ${charsMax} characters, none of them a control character`)
}

const checkOverride = ({ allow, deny }: Override): readonly [Permission[], Permission[]] => {
  for (const permission of [...allow, ...deny]) {
    if (!(channelPermissions as readonly string[]).includes(permission)) {
      const known = channelPermissions.join(', ')
      throw new HearthError('BAD_REQUEST', `${permission} holds for the whole server; a channel overrides ${known}`)
    }
  }
  return [toNames(toBits(allow)), toNames(toBits(deny))]
}
