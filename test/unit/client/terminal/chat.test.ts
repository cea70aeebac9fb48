import assert from 'node:assert/strict'
import { openSession, type Session } from '../../../../client/sdk/index.ts'
import { createChat, type Chat } from '../../../../client/terminal/chat.ts'
import type { Key } from '../../../../client/terminal/keys.ts'
import { layout } from '../../../../client/terminal/layout.ts'
import { textOfRow } from '../../../../client/terminal/rows.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ChannelId } from '../../../../spec/ids.ts'
import { channelA, channelB } from '../samples.ts'
import { createFakeNode, type FakeNode } from '../sdk/fake-node.ts'

const size = { columns: 80, rows: 12 }
const channels = [
  { id: channelA, server: 'home', handle: 'general', topic: '' },
  { id: channelB, server: 'home', handle: 'random', topic: '' },
]

/** Joins that a password was typed for. */
const joined: string[] = []
const asPerson = (password: string): Promise<Pick<Session, 'call'>> =>
  Promise.resolve({
    call: (_spec: unknown, { invite }: { invite: string }) => {
      joined.push(`${invite} ${password}`)
      return Promise.resolve({})
    },
  } as unknown as Session)

interface Desk extends AsyncDisposable {
  readonly chat: Chat
  readonly session: Session
  readonly quits: () => number
  /** `<name>` is a key, the rest is text. */
  press(...keys: readonly string[]): Promise<void>
  screen(): string
}

const sitDown = async (
  node: FakeNode,
  {
    cursor,
    seen = new Map(),
    firstChannel,
  }: { cursor?: number; seen?: Map<ChannelId, number>; firstChannel?: string } = {},
): Promise<Desk> => {
  const session = await openSession(node.components, {
    url: 'mqtt://n',
    user: 'alice',
    password: 'x',
    device: 'd',
    cursor,
  })
  let quits = 0
  const chat = createChat(
    { session, places: { load: () => Promise.resolve(channels) }, size: () => size, asPerson },
    { seen, firstChannel, zoneMinutes: () => 0, onChange: () => undefined, onQuit: () => (quits += 1) },
  )
  const settle = (): Promise<void> => new Promise(setImmediate)
  await settle()
  return {
    chat,
    session,
    quits: () => quits,
    press: async (...keys) => {
      for (const key of keys) await chat.onKey(keyOf(key))
      await settle()
    },
    screen: () =>
      layout(chat.view, size)
        .rows.map((row) => textOfRow(row).trimEnd())
        .join('\n'),
    [Symbol.asyncDispose]: async () => {
      chat[Symbol.dispose]()
      await session.close()
    },
  }
}

const keyOf = (key: string): Key =>
  key.startsWith('<') ? { kind: 'key', name: key.slice(1, -1) } : { kind: 'text', text: key, pasted: false }

describe('terminal chat', () => {
  it('opens the first channel and shows live messages, who is here and what is unread elsewhere', async () => {
    const node = createFakeNode()
    node.say('from before')
    await using desk = await sitDown(node)
    node.say('hello')
    node.say('over here', { channel: channelB })
    assert.match(desk.screen(), /bob from before\n.*bob hello/)
    assert.match(desk.screen(), / #random +1│/)
    assert.match(desk.screen(), /● online · 2 here/)
  })

  it('opens the channel that was asked for', async () => {
    await using desk = await sitDown(createFakeNode(), { firstChannel: 'home/random' })
    assert.match(desk.screen(), /│#random/)
  })

  it('marks what came while the channel was closed, and counts it no more once it was shown', async () => {
    const node = createFakeNode()
    await using desk = await sitDown(node)
    node.say('unread', { channel: channelB })
    await desk.press('<ctrl-n>')
    assert.match(desk.screen(), /── new ─+\n.*bob unread/)
    assert.doesNotMatch(desk.screen(), /#random +1/)
    await desk.press('<ctrl-p>', '<tab>')
    assert.doesNotMatch(desk.screen(), /── new/)
  })

  it('goes on from what was seen the last time', async () => {
    const node = createFakeNode()
    node.say('seen')
    node.say('new since')
    node.say('elsewhere', { channel: channelB })
    const seen = new Map([
      [channelA, 1],
      [channelB, 0],
    ] as const)
    await using desk = await sitDown(node, { cursor: 1, seen })
    assert.match(desk.screen(), /bob seen\n.*── new ─+\n.*bob new since/)
    assert.match(desk.screen(), / #random +1│/)
    assert.equal(desk.chat.seen.get(channelA), 3 - 1)
    assert.equal(desk.chat.cursor, 0, 'what is unread in #random is read again at the next start')
  })

  it('says, shows at once, and remembers for the up key', async () => {
    const node = createFakeNode()
    await using desk = await sitDown(node)
    await desk.press('hello', '<enter>', '<up>')
    assert.deepEqual(
      node.log.map(({ body }) => body),
      ['hello'],
    )
    assert.match(desk.screen(), /alice hello\n/)
    assert.match(desk.screen(), /> hello$/)
  })

  it('says a text that begins with a slash when it is doubled', async () => {
    const node = createFakeNode()
    await using desk = await sitDown(node)
    await desk.press('//etc/hosts', '<enter>')
    assert.equal(node.log[0]?.body, '/etc/hosts')
  })

  it('shows why a message failed, and sends it again on Ctrl-R', async () => {
    const node = createFakeNode()
    await using desk = await sitDown(node)
    node.sendFaults.push(new HearthError('TIMED_OUT_MEMBER', 'you are timed out'))
    await desk.press('hello', '<enter>')
    assert.match(desk.screen(), /✗ not sent: TIMED_OUT_MEMBER: you are timed out/)
    await desk.press('<ctrl-r>')
    assert.doesNotMatch(desk.screen(), /not sent/)
    assert.match(desk.screen(), /alice hello/)
  })

  it('answers commands with notices that Esc closes, and names the unknown ones', async () => {
    await using desk = await sitDown(createFakeNode())
    await desk.press('/who', '<enter>')
    assert.match(desk.screen(), /· 2 here: alice@home.example, bob@home.example/)
    await desk.press('<escape>')
    assert.doesNotMatch(desk.screen(), /bob@home/)
    await desk.press('/constructor', '<enter>')
    assert.match(desk.screen(), /there is no command \/constructor/)
    await desk.press('/join wrong', '<enter>')
    assert.match(desk.screen(), /NOT_FOUND: there is no call server.join/)
    await desk.press('/dm', '<enter>')
    assert.match(desk.screen(), /say to whom: \/dm NAME/)
    await desk.press('/dm bob', '<enter>')
    assert.match(desk.screen(), /NOT_FOUND: there is no call dm.open/)
    await desk.press('/help', '<enter>')
    assert.match(desk.screen(), /\/mute.2h .*\/quit/)
    await desk.press('/help edit', '<enter>')
    assert.match(desk.screen(), /· \/edit \[\^N\] TEXT: change your last message/)
  })

  it('loads history while leafing up, shows new messages below, and returns on End', async () => {
    const node = createFakeNode()
    for (let count = 0; count < 120; count += 1) node.say(`message ${count}.`)
    await using desk = await sitDown(node)
    for (let page = 0; page < 30; page += 1) await desk.press('<page-up>')
    assert.match(desk.screen(), /bob message 0\./)
    node.say('down there')
    assert.match(desk.screen(), /reading back/)
    assert.doesNotMatch(desk.screen(), /down there/)
    await desk.press('<end>')
    assert.match(desk.screen(), /down there/)
  })

  it('jumps to the first unread message, however far back, then to the next unread channel', async () => {
    const node = createFakeNode()
    node.say('the last one seen')
    for (let count = 0; count < 150; count += 1) node.say(`unread ${count}.`)
    node.say('elsewhere', { channel: channelB })
    await using desk = await sitDown(node, {
      cursor: 1,
      seen: new Map([
        [channelA, 1],
        [channelB, 1],
      ] as const),
    })
    assert.match(desk.screen(), /unread 149\./)
    await desk.press('<ctrl-u>')
    assert.match(desk.screen(), /── new ─+\n.*bob unread 0\./)
    await desk.press('<alt-a>')
    assert.match(desk.screen(), /│#random/)
  })

  it('asks before it drops what is not stored yet', async () => {
    const node = createFakeNode()
    await using desk = await sitDown(node)
    const network = Promise.withResolvers<void>()
    node.beforeOpen = () => network.promise
    node.cut()
    await desk.press('hello', '<enter>', '<ctrl-c>')
    assert.equal(desk.quits(), 0)
    assert.match(desk.screen(), /1 of your messages are not stored yet/)
    await desk.press('<ctrl-c>')
    assert.equal(desk.quits(), 1)
    network.resolve()
  })

  it('asks for the password, unseen, where an app token may not join', async () => {
    const node = createFakeNode()
    await using desk = await sitDown(node)
    node.callFaults.set('server.join', new HearthError('NOT_ALLOWED'))
    await desk.press('/join hi_code', '<enter>')
    await desk.press('<escape>')
    assert.match(desk.screen(), /NOT_ALLOWED: not done\n/)
    await desk.press('/join hi_code', '<enter>')
    await desk.press('pass')
    assert.match(desk.screen(), /Your password, to do that: ••••$/)
    await desk.press('word', '<enter>')
    assert.deepEqual(joined.splice(0), ['hi_code password'])
    await desk.press('/join hi_other', '<enter>')
    assert.deepEqual(joined.splice(0), ['hi_other password'], 'once is enough')
  })

  it('asks again for the page that a lost connection did not bring', async () => {
    const node = createFakeNode()
    node.say('from before')
    node.beforeAnswer = (method) => {
      if (method !== 'history') return
      node.beforeAnswer = () => undefined
      node.cut()
    }
    await using desk = await sitDown(node)
    await desk.press('<escape>')
    assert.match(desk.screen(), /bob from before/)
  })

  it('closes a channel that it may no longer see', async () => {
    const node = createFakeNode()
    const visible = [...channels]
    const session = await openSession(node.components, { url: 'mqtt://n', user: 'alice', password: 'x', device: 'd' })
    using chat = createChat(
      { session, places: { load: () => Promise.resolve([...visible]) }, size: () => size, asPerson },
      {
        seen: new Map(),
        firstChannel: undefined,
        zoneMinutes: () => 0,
        onChange: () => undefined,
        onQuit: () => undefined,
      },
    )
    await chat.refresh()
    visible.shift()
    await chat.refresh()
    assert.deepEqual(
      chat.view.places.map(({ channel }) => channel),
      ['random'],
    )
    assert.equal(chat.view.current, 0)
    await session.close()
  })
})
