import assert from 'node:assert/strict'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { FeedId, MemberId } from '../../../../spec/ids.ts'
import { encodeFrame } from '../../../../spec/sync/encode.ts'
import { decodeFrame } from '../../../../spec/sync/decode.ts'
import { isFork } from '../../../../spec/sync/fork.ts'
import { channelDigest, serverDigest, summaryDigest } from '../../../../spec/sync/digest.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { createMemoryHighWater } from '../../../../node/log/high-water.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { encodeMessage } from '../../../../spec/message.ts'
import { verify } from '../../../simulation/site.ts'
import { createDisk } from '../../../simulation/disk.ts'
import { openLab, type Lab } from './lab.ts'

describe('sync of a few nodes', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await openLab()
  })

  // SYNC-6, SYNC-8
  it('pushes what is sealed to everybody, and tells the origin when it is on their disks', async () => {
    const told: string[] = []
    lab.site(0).process.sync.onReplicated((_feed, seq, by) => told.push(`${seq} ${by}`))
    const entry = await lab.say(0, 'hello')
    await lab.world.run(1_000)
    for (const index of [0, 1, 2]) assert.deepEqual(await lab.texts(index), ['hello'])
    for (const index of [1, 2]) assert.ok(told.includes(`${entry.seq} ${lab.site(index).keys.nodeId}`))
  })

  // SYNC-4
  it('an idle link costs a digest of 32 bytes a round', async () => {
    await lab.say(0, 'hello')
    await lab.world.run(60_000)
    const before = lab.sites.map(({ process }) => ({ ...process.station.sent }))
    await lab.world.run(600_000)
    for (const [index, { frames, bytes }] of before.entries()) {
      const { sent } = lab.site(index).process.station
      assert.ok(sent.frames - frames > 20)
      assert.equal(
        (sent.bytes - bytes) / (sent.frames - frames),
        encodeFrame({ type: 'summary', digest: new Uint8Array(32) }).length,
      )
    }
  })

  // SYNC-3
  it('digests do not depend on the order, and on everything else', () => {
    const feeds = [1, 2, 3].map((head) => ({
      feed: encodeBase32(new Uint8Array(16).fill(head)) as FeedId,
      head,
      headHash: new Uint8Array(32).fill(head),
    }))
    const digest = channelDigest(sha256, feeds)
    assert.deepEqual(channelDigest(sha256, feeds.toReversed()), digest)
    const [first] = feeds
    assert.ok(first)
    assert.notDeepEqual(channelDigest(sha256, feeds.slice(1)), digest)
    assert.notDeepEqual(channelDigest(sha256, [{ feed: first.feed, forkedAt: 1 }, ...feeds.slice(1)]), digest)
    assert.notDeepEqual(serverDigest(sha256, [[lab.general, digest]]), serverDigest(sha256, [[lab.back, digest]]))
    assert.notDeepEqual(summaryDigest(sha256, [[lab.server, digest]]), summaryDigest(sha256, []))
  })

  // SYNC-5, SYNC-7
  it('what was missed is fetched when they meet again', async () => {
    const away = lab.site(2)
    away.crash()
    for (let i = 0; i < 30; i++) await lab.say(i % 2, `m${i}`)
    await lab.settle(away.boot())
    const from = lab.world.nowMs
    assert.ok(
      await lab.world.runUntil(
        () =>
          away.process.log.sealedFeeds(lab.general).reduce((sum, { floor, head }) => sum + head - floor + 1, 0) === 30,
        1_000,
      ),
    )
    assert.ok(lab.world.nowMs - from < 1_000)
    assert.deepEqual(await lab.texts(2), await lab.texts(0))
  })

  // SYNC-7, SYNC-17
  it('who joins has the governance and the newest first, and then everything', async () => {
    for (let i = 0; i < 40; i++) await lab.say(0, `m${i}`)
    const away = lab.site(2)
    away.crash()
    away.disk = createDisk(lab.world)
    const home = lab.site(0).keys.nodeId
    await lab.settle(away.boot())
    const floors: number[] = []
    away.process.log.onCommitted((entries) => {
      for (const { channel, seq } of entries) if (channel === lab.general) floors.push(seq)
    })
    await lab.settle(away.process.sync.join(lab.server, home))
    assert.ok(await lab.world.runUntil(() => floors.length === 40, 20_000))
    assert.ok(Math.min(...floors.slice(0, 5)) > 30)
    assert.deepEqual(
      [...floors].sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, index) => index + 1),
    )
    const [line] = away.process.sync.status().filter(({ server, node }) => server === lab.server && node === home)
    assert.deepEqual([line?.connected, line?.lagEvents], [true, 0])
    assert.equal(line?.backfill.done, line?.backfill.total)
  })

  // SYNC-2
  it('threat 22: a private channel does not exist for who may not have it', async () => {
    await lab.say(0, 'hello')
    await lab.say(0, 'psst', lab.back)
    await lab.world.run(1_000)
    assert.deepEqual(await lab.texts(1, lab.back), ['psst'])
    lab.site(2).crash()
    const { range, frames, send } = await lab.stranger(lab.site(2).keys)
    const [feed] = lab.site(0).process.log.feeds(lab.back)
    assert.ok(feed)
    const stream = await range(0)
    const asked = [feed.feed, encodeBase32(new Uint8Array(16)) as FeedId]
    await stream.write(asked.map((of, id) => encodeFrame({ type: 'want', id, feed: of, from: 1, to: 9, down: false })))
    const got: unknown[] = []
    while (got.length < 2) got.push(...((await lab.settle(stream.read())) ?? []).map(decodeFrame))
    assert.deepEqual(
      got.map((frame) => ({ ...(frame as object), id: 0 })),
      Array.from({ length: 2 }, () => got[0]),
    )
    send(0, { type: 'vector', channel: lab.back, ask: true, more: false, feeds: [] })
    send(0, { type: 'summary', digest: new Uint8Array(32) }, { type: 'channels', server: lab.server, channels: [] })
    await lab.world.run(2_000)
    const channels = frames.flatMap((frame) =>
      frame.type === 'vector'
        ? [frame.channel]
        : frame.type === 'channels'
          ? frame.channels.map(({ channel }) => channel)
          : [],
    )
    assert.ok(channels.includes(lab.general))
    assert.ok(!channels.includes(lab.back))
  })

  // SYNC-9
  it('threat 19: an event of the future waits, and is there when its time has come', async () => {
    lab.site(1).skewMs = 180_000
    await lab.say(1, 'early')
    await lab.world.run(5_000)
    assert.deepEqual(await lab.texts(0), [])
    lab.site(1).skewMs = 0
    assert.ok(await lab.world.runUntil(() => lab.site(0).process.log.feeds(lab.general).length === 1, 180_000))
    assert.deepEqual(await lab.texts(0), ['early'])
  })

  // SYNC-11
  it('threat 24: two histories of one feed are proven, told to everybody, and void from where they part', async () => {
    const proofs = await forkOn(lab)
    for (const index of [0, 1, 2]) {
      const [found] = lab.site(index).process.sync.equivocations()
      assert.equal(found?.at, 2)
      assert.ok(isFork(sha256, found.frame, () => true))
    }
    assert.deepEqual(proofs.length, 3)
  })

  // SYNC-15
  it('threat 23: asking over and over does not make a node talk', async () => {
    await lab.world.run(5_000)
    lab.site(2).crash()
    const { send, bytesIn } = await lab.stranger(lab.site(2).keys)
    await lab.world.run(2_000)
    const before = bytesIn()
    let sent = 0
    for (let i = 0; i < 400; i++) {
      const frame = { type: 'channels', server: lab.server, channels: [] } as const
      sent += encodeFrame(frame).length
      send(0, frame)
      await lab.world.run(5)
    }
    assert.ok(bytesIn() - before < 2 * sent, `${bytesIn() - before} for ${sent}`)
  })

  // SYNC-15
  it('who asks a third time within a second has its answer when the second is over', async () => {
    await lab.world.run(5_000)
    lab.site(2).crash()
    const { send, frames } = await lab.stranger(lab.site(2).keys)
    await lab.world.run(5_000)
    const before = frames.length
    const lists = (): number => frames.slice(before).filter(({ type }) => type === 'servers').length
    for (let i = 0; i < 4; i++) {
      send(0, { type: 'summary', digest: new Uint8Array(32).fill(i) })
      await lab.world.run(100)
    }
    assert.equal(lists(), 2)
    await lab.world.run(1_000)
    assert.equal(lists(), 3)
  })

  // SYNC-16
  it('whispers arrive, and only the latest of a kind and key for sure', async () => {
    const heard: string[] = []
    lab.site(1).process.sync.onWhisper((from, { kind, payload }) => {
      assert.equal(from, lab.site(0).keys.nodeId)
      heard.push(`${kind} ${Buffer.from(payload).toString()}`)
    })
    for (let i = 0; i < 50; i++) {
      void lab.site(0).process.sync.whisper(lab.site(1).keys.nodeId, {
        kind: 'typing',
        key: Buffer.from('alice'),
        payload: Buffer.from(`${i}`),
      })
    }
    await lab.world.run(1_000)
    assert.equal(heard.at(-1), 'typing 49')
    assert.ok(heard.length < 50)
  })

  it('an erased body travels as nothing beside what erased it', async () => {
    const entry = await lab.say(0, 'secret')
    await lab.world.run(1_000)
    lab.site(2).crash()
    await lab.settle(lab.site(0).process.redact(entry) ?? Promise.reject(new Error('not allowed')))
    await lab.world.run(2_000)
    for (const index of [0, 1]) assert.deepEqual(await lab.texts(index), ['(erased)', 'msg.redact'])
    await lab.settle(lab.site(2).boot())
    await lab.world.run(3_000)
    assert.deepEqual(await lab.texts(2), ['(erased)', 'msg.redact'])
  })
})

/** A member's node says two different things to two nodes. Returns what was told of it. */
const forkOn = async (lab: Lab): Promise<string[]> => {
  const { world } = lab
  const told: string[] = []
  for (const { name, process } of lab.sites) process.sync.onEquivocation(({ at }) => told.push(`${name} ${at}`))
  const { keys, send } = await lab.stranger()
  const member = encodeBase32(world.bytes(16)) as MemberId
  const owner = { kind: 'user', user: lab.site(0).user } as const
  const who = { node: keys.nodeId, member, address: 'eve@evil.example' }
  const { grant } = await lab.settle(lab.site(0).process.servers.admitRemote(who, lab.server, { invitedBy: owner }))
  await world.run(2_000)
  const epoch = world.bytes(8)
  const salts = world.bytes(16 * 256)
  const nowMs = Math.floor(world.nowMs)
  for (const index of [0, 1]) {
    const log = await createLog({
      store: createMemoryStore(),
      hash: sha256,
      highWater: createMemoryHighWater(),
      clock: { now: () => nowMs },
      random: (length) => (length === 8 ? epoch : salts),
      keys: { nodeId: keys.nodeId, publicKey: keys.hot.publicKey, sign: keys.hot.sign, verify },
    })
    for (const text of ['the same', `branch ${index}`]) {
      const body = encodeMessage({ clientMessageId: undefined, text, replyTo: undefined, thread: undefined })
      await log.append({ channel: lab.general, member, auth: grant, type: 'msg', body })
    }
    await log.seal()
    const [feed] = log.feeds(lab.general)
    const slice = feed && (await log.slice(feed.feed, 1, 9))
    assert.ok(slice)
    send(index, { type: 'push', piece: { ...slice, redactedBy: new Map(), certificates: [keys.certificate] } })
    await world.run(50)
  }
  await world.runUntil(() => told.length === 3, 60_000)
  return told
}
