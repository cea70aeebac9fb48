/** Friends, presence and what notifies: what a person does, and an app token may not (ACC-46). */
import type { z } from 'zod'
import { block } from '../../spec/calls/block.ts'
import type { CallSpec } from '../../spec/calls/call.ts'
import { friendAccept } from '../../spec/calls/friend.accept.ts'
import { friendDecline } from '../../spec/calls/friend.decline.ts'
import { friendList } from '../../spec/calls/friend.list.ts'
import { friendRemove } from '../../spec/calls/friend.remove.ts'
import { friendRequest } from '../../spec/calls/friend.request.ts'
import { notifySet } from '../../spec/calls/notify.set.ts'
import { presenceSet } from '../../spec/calls/presence.set.ts'
import { threadFollow } from '../../spec/calls/thread.follow.ts'
import { threadUnfollow } from '../../spec/calls/thread.unfollow.ts'
import { unblock } from '../../spec/calls/unblock.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import { levels } from '../../spec/inbox.ts'
import { chosenStatuses } from '../../spec/presence.ts'
import { shortAddress } from './short-address.ts'

export interface PeopleContext {
  readonly argument: string
  readonly channel: ChannelId | undefined
  readonly thread: EventId | undefined
  /** Makes the call, with the password where an app token may not. Throws HearthError. */
  readonly personally: <I extends z.ZodType, O extends z.ZodType>(
    spec: CallSpec<I, O>,
    input: z.input<I>,
  ) => Promise<z.output<O>>
  readonly nowMs: () => number
}

interface PeopleCommand {
  readonly usage: string
  readonly summary: string
  run(context: PeopleContext): Promise<readonly string[]>
}

const aboutSomebody = (
  name: string,
  summary: string,
  {
    spec,
    done,
  }: { readonly spec: CallSpec<z.ZodType<{ address: string }, { address: string }>>; readonly done: string },
): PeopleCommand => ({
  usage: `/${name} NAME`,
  summary,
  run: async ({ argument, personally }) => {
    if (argument === '') return [`say whom: /${name} NAME`]
    const address = argument.replace(/^@/, '')
    await personally(spec, { address })
    return [`${address}: ${done}`]
  },
})

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30m`, `2h`, `1d`; 0 ends it. Undefined: none of them. */
const durationMs = (text: string): number | undefined => {
  const [, count, unit = 'm'] = /^(\d{1,4})([mhd])?$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (units[unit] ?? 0)
}

const placeOf = ({ channel, thread }: PeopleContext) =>
  channel === undefined ? undefined : { channel, ...(thread !== undefined && { thread }) }

export const peopleCommands: Readonly<Record<string, PeopleCommand>> = {
  friends: {
    usage: '/friends',
    summary: 'list your friends, and who asks to be one',
    run: async ({ personally }) => {
      const { friends } = await personally(friendList, {})
      const says = { friend: '', incoming: ' asks you: /accept', outgoing: ' was asked' }
      if (friends.length === 0) return ['you have no friends here yet: /friend NAME']
      return friends.map(({ address, standing }) => `${shortAddress(address)}${says[standing]}`)
    },
  },
  friend: aboutSomebody('friend', 'ask somebody to be friends', { spec: friendRequest, done: 'asked' }),
  accept: aboutSomebody('accept', 'become friends with who asked', { spec: friendAccept, done: 'you are friends' }),
  decline: aboutSomebody('decline', 'do not become friends', { spec: friendDecline, done: 'declined' }),
  unfriend: aboutSomebody('unfriend', 'be friends no more', { spec: friendRemove, done: 'no friend any more' }),
  block: aboutSomebody('block', 'hear nothing more of somebody', { spec: block, done: 'blocked' }),
  unblock: aboutSomebody('unblock', 'hear somebody again', { spec: unblock, done: 'not blocked any more' }),
  status: {
    usage: '/status dnd [TEXT]',
    summary: 'show as online, idle, dnd or invisible, with a text beside it',
    run: async ({ argument, personally }) => {
      const [word = '', ...rest] = argument.split(' ')
      const status = chosenStatuses.find((one) => one === word)
      if (status === undefined) return [`say which: ${chosenStatuses.join(', ')}`]
      const { presence } = await personally(presenceSet, { status, text: rest.join(' ').trim() || null })
      return [`others see you ${presence.status}${presence.text === undefined ? '' : `: ${presence.text}`}`]
    },
  },
  notify: {
    usage: '/notify mentions',
    summary: 'hear of all, mentions or none of this channel or thread',
    run: async (context) => {
      const place = placeOf(context)
      const level = levels.find((one) => one === context.argument)
      if (place === undefined || level === undefined) return [`say which: ${levels.join(', ')}`]
      await context.personally(notifySet, { ...place, level })
      return [`you hear of ${level}`]
    },
  },
  mute: {
    usage: '/mute 2h',
    summary: 'hear of nothing here for 30m, 2h, 1d; 0 ends it',
    run: async (context) => {
      const place = placeOf(context)
      const ms = durationMs(context.argument)
      if (place === undefined || ms === undefined) return ['say how long: 30m, 2h, 1d; 0 ends it']
      await context.personally(notifySet, { ...place, mutedUntil: ms === 0 ? null : context.nowMs() + ms })
      return [ms === 0 ? 'not muted any more' : `muted for ${context.argument}`]
    },
  },
  follow: {
    usage: '/follow',
    summary: 'hear of every answer in the open thread',
    run: async ({ channel, thread, personally }) => {
      if (channel === undefined || thread === undefined) return ['no thread is open: /thread']
      await personally(threadFollow, { channel, thread })
      return ['you follow this thread']
    },
  },
  unfollow: {
    usage: '/unfollow',
    summary: 'hear of the open thread no more',
    run: async ({ channel, thread, personally }) => {
      if (channel === undefined || thread === undefined) return ['no thread is open: /thread']
      await personally(threadUnfollow, { channel, thread })
      return ['you do not follow this thread any more']
    },
  },
}
