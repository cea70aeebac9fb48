import assert from 'node:assert/strict'
import { keepTopics } from '../../../node/channel-messages.ts'
import type { ChannelId, Handle, ServerId } from '../../../spec/ids.ts'
import { channelId } from './log/fixture.ts'

describe('what goes out of a channel', () => {
  const server = 'a'.repeat(52) as ServerId

  it('TOPIC-3: keeps the topics of so many channels, and makes those of others anew', () => {
    let made = 0
    const servers = {
      server: () => {
        made++
        return { id: server, handle: 'home' as Handle, name: 'Home', governance: channelId() }
      },
    }
    const topicsOf = keepTopics(servers, 10)
    const ids: ChannelId[] = Array.from({ length: 11 }, channelId)
    const look = (at: number) =>
      topicsOf({ id: ids[at]!, server, handle: `c${at}` as Handle }).map(({ topic }) => topic)
    for (let at = 0; at < 10; at++) look(at)
    look(0)
    assert.equal(made, 10)
    assert.deepEqual(look(10), [`c/${ids[10]}/events`, `c/${ids[10]}/lines`, 's/home/c10/events', 's/home/c10/lines'])
    look(9)
    assert.equal(made, 11)
    look(0)
    assert.equal(made, 12, 'the one that was made first was forgotten')
  })
})
