/**
 * What two people do with each other, step by step. Each step may be done again: that is what a client does whose node was
 * killed before it answered. What holds at the end must hold whether anything was killed or not.
 */
import assert from 'node:assert/strict'
import { dmList } from '../../../spec/calls/dm.list.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendList } from '../../../spec/calls/friend.list.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { history } from '../../../spec/calls/history.ts'
import { inboxDismiss } from '../../../spec/calls/inbox.dismiss.ts'
import { inboxList } from '../../../spec/calls/inbox.list.ts'
import { messageDelete } from '../../../spec/calls/message.delete.ts'
import { messageEdit } from '../../../spec/calls/message.edit.ts'
import { messageReact } from '../../../spec/calls/message.react.ts'
import { notifySet } from '../../../spec/calls/notify.set.ts'
import { presenceSet } from '../../../spec/calls/presence.set.ts'
import { readMark } from '../../../spec/calls/read.mark.ts'
import { threadFollow } from '../../../spec/calls/thread.follow.ts'
import { threadMark } from '../../../spec/calls/thread.mark.ts'
import { threadUnread } from '../../../spec/calls/thread.unread.ts'
import { unreadList } from '../../../spec/calls/unread.list.ts'
import { who } from '../../../spec/calls/who.ts'
import { HearthError } from '../../../spec/errors.ts'
import type { ChannelId, EventId } from '../../../spec/ids.ts'
import type { EventJson } from '../../../spec/message.ts'
import type { Player } from './player.ts'
import type { Stage } from './stage.ts'

export interface Step {
  readonly what: string
  run(stage: Stage): Promise<void>
}

export interface Scene {
  readonly name: string
  readonly steps: readonly Step[]
  /** Both nodes agree, and nothing is lost or there twice. */
  check(stage: Stage): Promise<void>
}

const say = (player: Player, channel: ChannelId, body: string, more: object = {}): Promise<void> =>
  player.publish(`c/${channel}/send`, { body, id: body.replaceAll(/\W/g, '-'), ...more })

const read = async (player: Player, channel: ChannelId): Promise<readonly EventJson[]> =>
  (await player.call(history, { channel, limit: 200 })).events

const idOf = async (stage: Stage, player: Player, body: string, channel = stage.general): Promise<EventId> => {
  let found: EventId | undefined
  await stage.eventually(async () => {
    found = (await read(player, channel)).find((event) => event.body === body)?.id
    assert.ok(found, `${player.user} has no message ${body}`)
  })
  return found ?? assert.fail()
}

/** What is so already was done before the node was killed. */
const unlessDone = async (task: Promise<unknown>, code: string): Promise<void> => {
  try {
    await task
  } catch (error) {
    if (!(error instanceof HearthError) || error.code !== code) throw error
  }
}

const dmOf = async (player: Player, who: string): Promise<ChannelId> =>
  (await player.call(dmOpen, { address: who })).channel

const becomeFriends = async (stage: Stage): Promise<void> => {
  const { alice, bob, alices, bobs } = stage
  await alice.call(friendRequest, { address: bobs })
  await stage.eventually(() => unlessDone(bob.call(friendAccept, { address: alices }), 'EXISTS'))
}

const areFriends = async ({ alice, bob }: Stage): Promise<void> => {
  for (const player of [alice, bob]) {
    const { friends } = await player.call(friendList, {})
    assert.deepEqual(
      friends.map(({ standing }) => standing),
      ['friend'],
      player.user,
    )
  }
}

/** Everything that was said was delivered, once for each event however often the packet came. */
const heardAll = (player: Player, channel: ChannelId, bodies: readonly string[]): void => {
  const heard = new Map<string, string>()
  for (const { topic, text } of player.received) {
    if (topic !== `c/${channel}/events`) continue
    const { id, body } = JSON.parse(text) as { id: string; body?: string }
    if (body !== undefined) heard.set(id, body)
  }
  for (const body of bodies) {
    assert.equal([...heard.values()].filter((one) => one === body).length, 1, `${player.user} heard ${body}`)
  }
}

const messages: Scene = {
  name: 'messages',
  steps: [
    { what: 'alice says something', run: ({ alice, general }) => say(alice, general, 'lunhc?') },
    {
      what: 'bob reacts',
      run: async (stage) => {
        const target = await idOf(stage, stage.bob, 'lunhc?')
        stage.memo.set('lunch', target)
        await stage.bob.call(messageReact, { channel: stage.general, target, emoji: '👍' })
      },
    },
    {
      what: 'alice edits it',
      run: async ({ alice, general, memo }) => {
        const target = memo.get('lunch') as EventId
        await alice.call(messageEdit, { channel: general, target, body: 'lunch?' })
      },
    },
    {
      what: 'bob answers',
      run: ({ bob, general, memo }) => say(bob, general, 'at noon', { replyTo: memo.get('lunch') }),
    },
    { what: 'bob says too much', run: ({ bob, general }) => say(bob, general, 'my secret') },
    {
      what: 'bob deletes it',
      run: async (stage) => {
        const { bob, general, memo } = stage
        if (!memo.has('secret')) memo.set('secret', await idOf(stage, bob, 'my secret'))
        const target = memo.get('secret') as EventId
        await unlessDone(bob.call(messageDelete, { channel: general, target }), 'NOT_FOUND')
      },
    },
  ],
  check: async ({ alice, bob, general, memo }) => {
    for (const player of [alice, bob]) {
      const events = await read(player, general)
      const lunch = events.find(({ id }) => id === memo.get('lunch'))
      assert.deepEqual(
        [lunch?.body, lunch?.edited !== undefined, lunch?.reactions?.map(({ emoji, count }) => [emoji, count])],
        ['lunch?', true, [['👍', 1]]],
      )
      assert.equal(events.filter(({ body }) => body === 'at noon').length, 1)
      const secret = events.find(({ id }) => id === memo.get('secret'))
      assert.deepEqual([secret?.deleted, secret?.body], [true, undefined])
      heardAll(player, general, ['at noon'])
    }
  },
}

const friends: Scene = {
  name: 'friends',
  steps: [
    {
      what: 'alice asks',
      run: (stage) =>
        stage.eventually(async () => void (await stage.alice.call(friendRequest, { address: stage.bobs }))),
    },
    {
      what: 'bob hears of it',
      run: (stage) =>
        stage.eventually(async () => {
          const { items } = await stage.bob.call(inboxList, {})
          const { friends: all } = await stage.bob.call(friendList, {})
          const isFriend = all.some(({ standing }) => standing === 'friend')
          assert.ok(isFriend || items.some(({ kind }) => kind === 'friend.request'))
        }),
    },
    {
      what: 'bob accepts',
      run: (stage) => {
        const { bob, alices } = stage
        const isSo = async (): Promise<boolean> =>
          (await bob.call(friendList, {})).friends.some(({ standing }) => standing === 'friend')
        return stage.eventually(async () => {
          if (!(await isSo())) await bob.call(friendAccept, { address: alices })
        })
      },
    },
    {
      what: 'both know',
      run: (stage) => stage.eventually(() => areFriends(stage)),
    },
  ],
  check: async (stage) => {
    await areFriends(stage)
    const { items } = await stage.bob.call(inboxList, {})
    assert.equal(items.filter(({ kind }) => kind === 'friend.request').length, 0, 'the request is settled')
  },
}

const directMessages: Scene = {
  name: 'direct messages',
  steps: [
    {
      what: 'they become friends',
      run: async (stage) => {
        const isSo = async (): Promise<boolean> =>
          (await stage.bob.call(friendList, {})).friends.some(({ standing }) => standing === 'friend')
        await stage.eventually(async () => {
          if (!(await isSo())) await becomeFriends(stage)
        })
      },
    },
    {
      what: 'alice opens the DM',
      run: (stage) => stage.eventually(async () => void stage.memo.set('dm', await dmOf(stage.alice, stage.bobs))),
    },
    {
      what: 'both listen',
      run: async (stage) => {
        const channel = stage.memo.get('dm') as ChannelId
        await stage.alice.subscribe(`c/${channel}/events`)
        await stage.eventually(async () => {
          const { conversations } = await stage.bob.call(dmList, {})
          assert.ok(conversations.some((one) => one.channel === channel))
        })
        await stage.bob.subscribe(`c/${channel}/events`)
      },
    },
    { what: 'alice writes', run: ({ alice, memo }) => say(alice, memo.get('dm') as ChannelId, 'between us') },
    { what: 'bob writes', run: ({ bob, memo }) => say(bob, memo.get('dm') as ChannelId, 'of course') },
    { what: 'alice writes again', run: ({ alice, memo }) => say(alice, memo.get('dm') as ChannelId, 'good') },
  ],
  check: async ({ alice, bob, memo }) => {
    const channel = memo.get('dm') as ChannelId
    for (const player of [alice, bob]) {
      const bodies = (await read(player, channel)).map(({ body }) => String(body)).toSorted((a, b) => (a < b ? -1 : 1))
      assert.deepEqual(bodies, ['between us', 'good', 'of course'], player.user)
      heardAll(player, channel, ['between us', 'of course', 'good'])
    }
    const { channels } = await bob.call(unreadList, { channels: [channel] })
    assert.equal(channels[0]?.unread, 2)
  },
}

const inbox: Scene = {
  name: 'markers and the inbox',
  steps: [
    { what: 'alice says something', run: ({ alice, general }) => say(alice, general, 'one') },
    { what: 'alice means bob', run: ({ alice, general, bobs }) => say(alice, general, `hello @${bobs}`) },
    {
      what: 'bob has a mention',
      run: (stage) =>
        stage.eventually(async () => {
          const { items } = await stage.bob.call(inboxList, {})
          const gone = stage.memo.has('dismissed')
          assert.equal(items.filter(({ kind }) => kind === 'mention').length, gone ? 0 : 1)
        }),
    },
    {
      what: 'bob reads the first',
      run: async (stage) => {
        const event = await idOf(stage, stage.bob, 'one')
        await stage.bob.call(readMark, { channel: stage.general, event })
      },
    },
    {
      what: 'bob chooses to hear of all',
      run: async ({ bob, general }) => void (await bob.call(notifySet, { channel: general, level: 'all' })),
    },
    { what: 'alice goes on', run: ({ alice, general }) => say(alice, general, 'three') },
    {
      what: 'bob dismisses the mention',
      run: async ({ bob, memo }) => {
        memo.set('dismissed', 'yes')
        await bob.call(inboxDismiss, { upTo: 1_000 })
      },
    },
  ],
  check: async ({ bob, general, bobs }) => {
    const { channels } = await bob.call(unreadList, { channels: [general] })
    assert.deepEqual(
      channels.map(({ unread, mentions, more, level }) => [unread, mentions, more, level]),
      [[2, 1, false, 'all']],
    )
    assert.deepEqual((await bob.call(inboxList, {})).items, [])
    heardAll(bob, general, ['one', `hello @${bobs}`, 'three'])
  },
}

const threads: Scene = {
  name: 'threads',
  steps: [
    { what: 'alice begins', run: ({ alice, general }) => say(alice, general, 'who brings wood?') },
    {
      what: 'bob follows the thread',
      run: async (stage) => {
        const thread = await idOf(stage, stage.bob, 'who brings wood?')
        stage.memo.set('thread', thread)
        await stage.bob.call(threadFollow, { channel: stage.general, thread })
      },
    },
    { what: 'bob answers', run: ({ bob, general, memo }) => say(bob, general, 'I do', { thread: memo.get('thread') }) },
    {
      what: 'alice answers',
      run: ({ alice, general, memo }) => say(alice, general, 'thank you', { thread: memo.get('thread') }),
    },
    {
      what: 'bob reads',
      run: async (stage) => {
        const event = await idOf(stage, stage.bob, 'thank you')
        const thread = stage.memo.get('thread') as EventId
        await stage.bob.call(threadMark, { channel: stage.general, thread, event })
      },
    },
    {
      what: 'alice adds',
      run: ({ alice, general, memo }) => say(alice, general, 'and coal', { thread: memo.get('thread') }),
    },
  ],
  check: async ({ alice, bob, general, memo }) => {
    for (const [player, unread] of [
      [bob, 1],
      [alice, 1],
    ] as const) {
      const rows = (await player.call(threadUnread, {})).threads
      assert.deepEqual(
        rows.map((row) => [row.thread, row.unread, row.more]),
        [[memo.get('thread'), unread, false]],
        player.user,
      )
      const root = (await read(player, general)).find(({ id }) => id === memo.get('thread'))
      assert.equal(root?.replies?.count, 3)
    }
  },
}

const presence: Scene = {
  name: 'presence',
  steps: [
    {
      what: 'alice is busy',
      run: async ({ alice }) => void (await alice.call(presenceSet, { status: 'dnd', text: 'at work' })),
    },
    {
      what: 'bob is here',
      run: async ({ bob }) => void (await bob.call(presenceSet, { status: 'online', text: 'hello' })),
    },
    { what: 'bob says so', run: ({ bob, general }) => say(bob, general, 'I am here') },
  ],
  check: async ({ alice, bob, general }) => {
    for (const player of [alice, bob]) {
      const { online } = await player.call(who, { channel: general })
      assert.deepEqual(
        online.map(({ address, status }) => [address.slice(0, address.indexOf('@')), status]),
        [
          ['alice', 'dnd'],
          ['bob', 'online'],
        ],
        player.user,
      )
    }
  },
}

export const scenes: readonly Scene[] = [messages, friends, directMessages, inbox, threads, presence]
