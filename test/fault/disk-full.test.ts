import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startNode } from '../support/node-process.ts'
import type { NodeProcess } from '../support/node-process.ts'
import { enter, firstPlace, readHistory } from './conversation.ts'
import type { Place } from './conversation.ts'
import { mountSmallDisk } from './small-disk.ts'
import type { SmallDisk } from './small-disk.ts'

const mebibyte = 1024 * 1024

describe('threat 41: the disk is full', function () {
  this.timeout(60_000)
  let disk: SmallDisk
  let node: NodeProcess
  let place: Place

  beforeEach(async function () {
    const mounted = await mountSmallDisk(64)
    if (typeof mounted === 'string') {
      console.log(`      skipped: ${mounted}`)
      return this.skip()
    }
    disk = mounted
    const flags = ['--message-rate', '0', '--disk-floor-mib', '8']
    node = await startNode({ data: join(disk.folder, 'data'), flags })
    place = await firstPlace(node)
  })

  afterEach(async () => {
    await node?.[Symbol.asyncDispose]()
    await disk?.[Symbol.asyncDispose]()
  })

  it('slowly: writes are refused as DISK_FULL below the floor, reads go on, and writes work again by themselves', async () => {
    const kept = await sayUntilRefused(place, disk, 10 * mebibyte)
    assert.deepEqual(await storedTexts(place), kept)
    assert.ok((await disk.freeBytes()) > 0, 'the floor was not kept')
    await disk.makeRoom()
    kept.push(await sayUntilTaken(place))
    await killAndCompare(place, kept)
  })

  it('at once, under the hands of the node: no false acknowledgement, reads go on, and it recovers by itself', async () => {
    const kept = await sayUntilRefused(place, disk, 0)
    assert.deepEqual(await storedTexts(place), kept)
    await disk.makeRoom()
    kept.push(await sayUntilTaken(place))
    await killAndCompare(place, kept)
  })
})

/** Talks while the disk fills up; every refusal must name DISK_FULL. Returns what was acknowledged. */
const sayUntilRefused = async (place: Place, disk: SmallDisk, leaveBytes: number): Promise<string[]> => {
  await using client = await enter(place, 'talker')
  const acknowledged: string[] = []
  for (let round = 0; round < roundsMax; round += 1) {
    if (round === 5) await disk.fill(leaveBytes)
    // Text that does not compress, or the disk would hardly fill.
    const texts = Array.from({ length: 20 }, () => randomBytes(1_400).toString('base64'))
    const acks = await Promise.all(texts.map((text) => client.publish(`c/${place.channel}/say`, text)))
    acknowledged.push(...texts.filter((_, index) => acks[index]?.code === 0))
    const refusals = acks.filter(({ code }) => code !== 0)
    for (const { reason } of refusals) assert.match(reason ?? '', /^DISK_FULL\b/)
    if (refusals.length > 0) return acknowledged
  }
  throw new Error(`${roundsMax * 20} messages were taken, with ${await disk.freeBytes()} bytes free`)
}

const roundsMax = 1_000

/** Each attempt waits for its answer; the node may take its time to look at the disk again. */
const sayUntilTaken = async (place: Place): Promise<string> => {
  await using client = await enter(place, 'talker')
  const deadline = AbortSignal.timeout(20_000)
  for (;;) {
    const ack = await client.publish(`c/${place.channel}/send`, JSON.stringify({ body: 'room again', id: 'again' }))
    if (ack.code < 0x80) return 'room again'
    assert.match(ack.reason ?? '', /^DISK_FULL\b/)
    deadline.throwIfAborted()
  }
}

const killAndCompare = async (place: Place, kept: readonly string[]): Promise<void> => {
  assert.deepEqual(await storedTexts(place), kept)
  await place.node.kill9()
  await place.node.restart()
  assert.deepEqual(await storedTexts(place), kept)
}

const storedTexts = async (place: Place): Promise<string[]> =>
  (await readHistory(place)).map(({ body }) => String(body))
