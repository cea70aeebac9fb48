import assert from 'node:assert/strict'
import { createBacklogReader } from '../../../node/backlog.ts'
import { keepTopics } from '../../../node/channel-messages.ts'
import type { Login } from '../../../node/policy.ts'
import type { ChannelId, DeviceId, ServerId, UserName } from '../../../spec/ids.ts'
import { channelId } from './log/fixture.ts'

const server = 'a'.repeat(52) as ServerId
const handles = ['general', 'random', 'secret']
const channels = handles.map((handle) => ({
  id: channelId(),
  server,
  handle: handle as never,
  name: handle,
  topic: '',
  category: '',
  private: false,
  archived: false,
}))
const [general, random, secret] = channels.map(({ id }) => id) as [ChannelId, ChannelId, ChannelId]

describe('what a session missed', () => {
  const login = (scope?: Login['principal']['scope']): Login => ({
    principal: { user: 'bob' as UserName, device: 'laptop' as DeviceId, scope },
    protocolVersion: 5,
  })
  let asked: (readonly ChannelId[])[] = []
  let scans = 0
  const read = createBacklogReader({
    log: {
      since: (wanted, from) => {
        asked.push([...(wanted ?? [])])
        return Promise.resolve({ entries: [], to: from })
      },
    },
    servers: {
      channel: (id) => channels.find((one) => one.id === id),
      channelByHandles: (of, handle) => (of === 'home' ? channels.find((one) => one.handle === handle) : undefined),
      channelsOf: () => {
        scans++
        return channels.filter(({ id }) => id !== secret)
      },
      may: (_, id) => id !== secret,
    },
    friends: { hides: () => false },
    render: Object.assign(() => undefined, { forget: () => undefined }),
    messages: { look: () => Promise.resolve({ counts: () => true, shown: () => undefined }) },
    topicsOf: keepTopics({
      server: () => ({ id: server, handle: 'home' as never, name: 'Home', governance: general }),
    }),
    position: () => 7,
  })
  beforeEach(() => {
    asked = []
    scans = 0
  })

  for (const [what, filters, expected, isScan] of [
    ['a channel by id', [`c/${general}/events`, 'u/bob/inbox'], [general], false],
    ['a channel by handle, once', ['s/home/random/lines', `c/${random}/events`], [random], false],
    ['a wildcard in a server', ['s/home/+/events'], [general, random], true],
    ['everything', ['#'], [general, random], true],
    ['wildcards of one’s own', ['u/+/presence', `c/${general}/lines`], [general], false],
    ['a channel that may not be read', [`c/${secret}/events`, `c/${general}/events`], [general], false],
  ] as const) {
    it(`TOPIC-3: ${what} is read${isScan ? '' : ' without looking at every channel'}`, async () => {
      await read(login(), filters, 0, 10)
      assert.deepEqual(asked, [expected])
      assert.equal(scans, isScan ? 1 : 0)
    })
  }

  it('TOPIC-3: what is no stream of the log, or not in the scope of an app token, reads nothing', async () => {
    assert.deepEqual(await read(login(), [`c/${general}/typing`, 'u/bob/reply', 's/home'], 0, 10), {
      messages: [],
      to: 7,
    })
    const scope = { channels: [random], read: true, send: false }
    assert.deepEqual((await read(login(scope), [`c/${general}/events`], 0, 10)).messages, [])
    assert.deepEqual(asked, [])
  })
})
