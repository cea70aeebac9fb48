import assert from 'node:assert/strict'
import type { EventJson, Session } from '../../../client/sdk/index.ts'
import { channelCreate } from '../../../spec/calls/channel.create.ts'
import { history } from '../../../spec/calls/history.ts'
import type { ChannelId } from '../../../spec/ids.ts'

/** Never called: `tsc` reads it. Each line that must not compile says so, and is an error where it does. */
const typed = async (session: Session, channel: ChannelId): Promise<readonly EventJson[]> => {
  const answer = await session.call(history, { channel, limit: 10 })
  const created = await session.call(channelCreate, { server: 'home', handle: 'kitchen' })
  const name: string = created.channel.name
  // @ts-expect-error no such field in the input
  await session.call(history, { channel, colour: name })
  // @ts-expect-error a field of another type
  await session.call(history, { channel, limit: 'ten' })
  // @ts-expect-error any text is no channel id
  await session.call(history, { channel: 'general' })
  // @ts-expect-error a field that is wanted is missing
  await session.call(channelCreate, { server: 'home' })
  // @ts-expect-error no such field in the output
  void answer.colour
  return answer.events
}

describe('types of the SDK', () => {
  it('come from the schemas of spec/: npm run types refuses what a schema does', () => {
    assert.equal(typed.length, 2)
  })
})
