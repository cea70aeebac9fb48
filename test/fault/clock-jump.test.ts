import assert from 'node:assert/strict'
import { startNode } from '../support/node-process.ts'
import { firstPlace, readHistory, tell } from './conversation.ts'
import type { Place } from './conversation.ts'
import { createShiftedClock } from './shifted-clock.ts'

const dayMs = 24 * 3_600_000

describe('threat 43: the clock jumps', function () {
  this.timeout(30_000)

  it('a day ahead, back, and a day behind over a restart: nothing is lost and the order stays', async function () {
    const clock = await createShiftedClock()
    if (typeof clock === 'string') {
      console.log(`      skipped: ${clock}`)
      return this.skip()
    }
    await using _clock = clock
    await using node = await startNode({ environment: clock.environment, flags: ['--message-rate', '0'] })
    const place = await firstPlace(node)
    const said = await say(place, 'on time')
    const before = Date.now()

    await clock.shift(dayMs)
    said.push(...(await say(place, 'a day ahead')))
    const ahead = (await readHistory(place)).at(-1)?.time ?? 0
    assert.ok(ahead >= before + dayMs - 1_000, 'the shim does not shift the clock of the node')

    await clock.shift(0)
    said.push(...(await say(place, 'back')))
    await clock.shift(-dayMs)
    said.push(...(await say(place, 'a day behind')))
    await node.kill9()
    await node.restart()
    said.push(...(await say(place, 'behind, after a restart')))

    const events = await readHistory(place)
    assert.deepEqual(
      events.map(({ body }) => body),
      said,
    )
    const positions = events.map(({ position }) => position)
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
      'display order is not the order of arrival',
    )
  })
})

const say = async (place: Place, text: string): Promise<string[]> => {
  const texts = Array.from({ length: 5 }, (_, index) => `${text} ${index}`)
  await tell(place, texts)
  return texts
}
