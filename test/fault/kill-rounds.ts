import assert from 'node:assert/strict'
import type { EventJson } from '../../spec/message.ts'
import type { TestClient } from '../support/mqtt-client.ts'
import { startNode } from '../support/node-process.ts'
import { createListener, createSpeaker, enter, firstPlace, readHistory } from './conversation.ts'
import type { Place, Speaker } from './conversation.ts'

/**
 * kill -9 under load, `rounds` times on the same data. After each restart: whatever was acknowledged is in the
 * history, once, in the order of its speaker; and a subscriber with a persistent session has heard the same.
 * Returns how many messages were acknowledged.
 */
export const killRounds = async (rounds: number): Promise<number> => {
  await using node = await startNode({ flags: ['--message-rate', '0'] })
  try {
    const place = await firstPlace(node)
    const speakers = ['ann', 'ben', 'cat', 'dan'].map((name) => createSpeaker(place, name))
    const listener = createListener(place)
    for (let round = 0; round < rounds; round += 1) {
      await listener.join()
      await talkUntilKilled(place, speakers, killAfter(round))
      await node.restart()
      const events = await readHistory(place)
      speakers.forEach((speaker) => assertKept(speaker, events))
    }
    await listener.join()
    await Promise.all(speakers.map((speaker) => finish(place, speaker)))
    const events = await readHistory(place)
    speakers.forEach((speaker) => {
      assert.deepEqual(textsOf(speaker, events), speaker.said, `history of ${speaker.name}`)
    })
    const newest = Math.max(...events.map(({ position }) => position))
    assert.deepEqual(
      await listener.heardUpTo(newest),
      events.map(asItCame).toSorted(byPosition),
      'what the listener heard',
    )
    return speakers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)
  } catch (error) {
    throw new Error(`the node said:\n${node.output()}`, { cause: error })
  }
}

/** Spread over the life of a node: just after its start, in the first flush, well under way. */
const killAfter = (round: number): number => [200, 1, 37, 1_000, 5][round % 5] ?? 100

const talkUntilKilled = async (place: Place, speakers: readonly Speaker[], acknowledgements: number): Promise<void> => {
  const clients = await Promise.all(
    speakers.map(({ name }, index) => enter(place, name, { version: index % 2 === 0 ? 5 : 4 })),
  )
  let left = acknowledgements
  let killed: Promise<void> | undefined
  const onAcknowledged = (): void => {
    left -= 1
    if (left === 0) killed = place.node.kill9()
  }
  await Promise.all(speakers.map((speaker, index) => speaker.talk(clients[index] as TestClient, onAcknowledged)))
  assert.ok(killed, 'the connections ended before the kill')
  await killed
}

const finish = async (place: Place, speaker: Speaker): Promise<void> => {
  await using client = await enter(place, speaker.name)
  await speaker.finish(client)
}

const assertKept = (speaker: Speaker, events: readonly EventJson[]): void => {
  const stored = textsOf(speaker, events)
  const kept = new Set(stored)
  const missing = [...speaker.acknowledged].filter((text) => !kept.has(text))
  assert.deepEqual(missing, [], `acknowledged to ${speaker.name} and lost`)
  assert.equal(kept.size, stored.length, `something of ${speaker.name} is stored twice`)
  assert.deepEqual(stored, stored.toSorted(bySequence), `the order of ${speaker.name} is broken`)
}

const textsOf = ({ name }: Speaker, events: readonly EventJson[]): string[] =>
  events.map(({ body }) => String(body)).filter((text) => text.startsWith(`${name} `))

/** History tells the state of a message as well (MSGS-7). */
const asItCame = (event: EventJson): EventJson => {
  const { asOf, ...rest } = event
  assert.equal(asOf, 0, 'nothing was said about it')
  return rest
}

const sequence = (text: string): number => Number(text.split(' ')[1])
const bySequence = (a: string, b: string): number => sequence(a) - sequence(b)
const byPosition = (a: EventJson, b: EventJson): number => a.position - b.position
