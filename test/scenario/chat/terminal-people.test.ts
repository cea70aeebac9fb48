import assert from 'node:assert/strict'
import { channelList } from '../../../spec/calls/channel.list.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { callNode } from '../../support/calls.ts'
import { connectClient, type TestClient } from '../../support/mqtt-client.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { person, type Person } from './people.ts'
import { hasTmux, type Terminal } from './tmux.ts'

describe('hearth chat on a real screen, with others', () => {
  const cleanUp = new AsyncDisposableStack()
  let node: NodeProcess
  let alice: Person
  let terminal: Terminal
  /** Over plain MQTT. */
  let bob: TestClient
  /** Alice at another device. */
  let phone: TestClient
  let general: ChannelId
  let random: ChannelId
  before(async function () {
    if (!(await hasTmux())) return this.skip()
    node = cleanUp.use(await startNode({ flags: ['--message-rate', '0'] }))
    const { server } = node.firstRun
    assert.equal((await node.cli('channel', 'create', server, 'random')).code, 0)
    alice = cleanUp.use(await person(node, 'alice'))
    {
      await using first = await alice.chat() // the next login is by app token
      await first.until(/● online · \d here/)
    }
    terminal = cleanUp.use(await alice.chat())
    await terminal.until(/● online · \d here/)
    const bobs = await person(node, 'bob')
    cleanUp.use(bobs)
    const url = node.ready.addresses.mqtt
    bob = cleanUp.use(
      await connectClient({ url, user: 'bob', password: `${bobs.invite}:${bobs.password}`, clientId: 'bob-phone' }),
    )
    phone = cleanUp.use(await connectClient({ url, user: 'alice', password: alice.password, clientId: 'alice-phone' }))
    await bob.subscribe(['u/bob/reply', 'u/bob/inbox', `s/${server}/+/events`])
    await phone.subscribe(['u/alice/reply', 'u/alice/inbox'])
    const { channels } = await callNode(bob, 'bob', channelList, { server })
    const idOf = (handle: string): ChannelId => channels.find((one) => one.handle === handle)?.id ?? assert.fail(handle)
    general = idOf('general')
    random = idOf('random')
  })
  after(() => cleanUp.disposeAsync())

  const say = async (channel: ChannelId, body: string, more: object = {}): Promise<void> => {
    const { code, reason } = await bob.publish(`c/${channel}/send`, JSON.stringify({ body, ...more }))
    assert.ok(code < 0x80, reason)
  }
  /** The event of a message, as bob hears it. */
  const heard = async (body: string) => {
    const { text } = await bob.waitFor(
      ({ topic, text: json }) => topic.endsWith('/events') && json.includes(`"${body}"`),
    )
    return JSON.parse(text)
  }
  const line = async (text: string): Promise<void> => {
    await terminal.type(text)
    await terminal.press('Enter')
  }

  it('counts mentions beside channels, and goes to them', async () => {
    await say(random, 'anybody?')
    await say(random, 'hello @alice')
    await terminal.until(/^ #random +2 @1│/m)
    await terminal.press('C-u')
    await terminal.until(/│#random[^]*bob hello @alice/)
    await terminal.until(/^ #random +│/m)
    await terminal.press('C-p')
  })

  it('completes names, commands and channels', async () => {
    await say(general, 'so?')
    await terminal.until(/bob so\?/)
    await terminal.type('hi b')
    await terminal.press('Tab')
    await terminal.until(/^> hi @bob$/m)
    await line('how are you')
    assert.equal((await heard('hi @bob how are you')).mentions[0].name, 'bob')
    await terminal.type('/g')
    await terminal.press('Tab')
    await terminal.type('#r')
    await terminal.press('Tab')
    await terminal.press('Enter')
    await terminal.until(/│#random/)
    await line('/go #general')
    await terminal.until(/│#general/)
  })

  it('INBOX-14: shows a thread apart, with what is unread in it, and answers in it', async () => {
    await line('who brings wood?')
    const root = await heard('who brings wood?')
    await say(general, 'I do', { thread: root.id })
    await terminal.until(/alice who brings wood\?\n.*1 answer/)
    const screen = await terminal.until(/^ +↳ who brings \S+ 1│/m)
    assert.doesNotMatch(screen, /bob I do/, 'an answer stands in its thread')
    await terminal.press('C-u')
    await terminal.until(/│#general ↳ who brings wood\?[^]*── new ─+\n.*bob I do/)
    await line('thank you')
    assert.equal((await heard('thank you')).thread, root.id)
    await terminal.press('Escape')
    await terminal.until(/│#general(?! ↳)[^]*2 answers/)
    await terminal.untilNot(/↳ who brings/)
    await line('/thread ^1')
    await terminal.until(/bob I do\n.*alice thank you/)
    await terminal.press('Escape')
  })

  it('INBOX-14: what is read at another device is read here', async () => {
    const root = await heard('who brings wood?')
    await say(general, 'and coal', { thread: root.id })
    await terminal.until(/^ +↳ who brings \S+ 1│/m)
    await phone.publish('u/alice/call/thread.mark', JSON.stringify({ channel: general, thread: root.id }))
    await terminal.untilNot(/↳ who brings/)
  })

  it('tells of friend requests, and opens the DM of a friend', async () => {
    await callNode(bob, 'bob', friendRequest, { address: 'alice' })
    await terminal.until(/· bob@\S+ asks to be friends: \/accept/)
    await line('/accept bob')
    await terminal.until(/Your password, to do that:$/m)
    await line(alice.password)
    const screen = await terminal.until(/· bob: you are friends/)
    assert.doesNotMatch(screen, new RegExp(alice.password))
    const { channel } = await callNode(bob, 'bob', dmOpen, { address: 'alice' })
    await say(channel, 'psst')
    await terminal.until(/^direct +│[^]*^ @bob ● +1│/m) // he is here, and has said something
    await terminal.press('C-u')
    await terminal.until(/│@bob ●[^]*bob psst/)
    await line('/go #general')
    await terminal.until(/│#general/)
  })

  it('shows in a narrow terminal what waits elsewhere', async () => {
    await terminal.resize(48, 16)
    await say(random, 'look @alice')
    await terminal.until(/#general +1 unread elsewhere @1/)
    await terminal.press('M-a')
    await terminal.until(/\/#random/)
    await terminal.resize(90, 24)
    await terminal.until(/^\S+ +│#random/m)
  })
})
