import assert from 'node:assert/strict'
import { followRetention } from '../../../../node/retention/retention.ts'
import { eventIdStamp } from '../../../../spec/event-id.ts'
import type { EventId } from '../../../../spec/ids.ts'
import { as, named, openHome, type Home } from '../servers/fixture.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** FEED-8 on the real log and the real room of servers, under a clock of its own. */
describe('how long a channel is kept', () => {
  let home: Home
  let nowMs: number
  /** The wall clock minus the true one. */
  let wrongMs: number
  let tasks: (() => void)[]
  let failures: object[]
  let stop: () => Promise<void>

  beforeEach(async () => {
    nowMs = Date.UTC(2026, 0, 1)
    wrongMs = 0
    tasks = []
    failures = []
    home = await openHome({ ada: 'admin', mona: 'moderator' }, { clock: { now: () => nowMs } })
    const { log, servers } = home
    stop = followRetention({
      log,
      servers,
      clock: { now: () => nowMs + wrongMs },
      monotonicMs: () => nowMs,
      later: (task) => {
        tasks.push(task)
        return () => undefined
      },
      logger: { info: () => undefined, error: (fields) => failures.push(fields) },
    })
  })
  afterEach(async () => {
    await stop()
    assert.deepEqual(failures, [])
    await home[Symbol.asyncDispose]()
  })

  /** The hour has passed. */
  const look = (): void => tasks.splice(0).forEach((task) => task())
  const dropped = (): Promise<void> => new Promise((resolve) => void home.log.onRetained(() => resolve()))
  const texts = async (): Promise<number> => (await home.log.page(home.general.id, {}, 99)).length
  /** What a look began is done: it waits for the log only. */
  const idle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await home.log.verify()
  }
  const kept = () => home.servers.channel(home.general.id)?.retention?.days

  it('takes manageServer, since it cannot be undone', async () => {
    const { servers, general } = home
    await assert.rejects(servers.setRetention(as('mona'), general.id, 30), named('NOT_ALLOWED', /manageServer/))
    for (const days of [0, 1.5, 3_651]) {
      await assert.rejects(servers.setRetention(as('ada'), general.id, days), named('BAD_REQUEST', /3650/))
    }
    await servers.setRetention(as('ada'), general.id, 30)
    assert.equal(kept(), 30)
    assert.equal((await home.again()).channel(general.id)?.retention?.days, 30)
    await servers.setRetention(as('ada'), general.id, undefined)
    assert.equal(kept(), undefined)
    assert.equal(home.changes.includes('permissions'), false)
  })

  it('what is older goes when it is set, and by the hour from then on, in steps', async () => {
    const { servers, general, log } = home
    await home.say('owner', general.id, 'old')
    nowMs += 10 * dayMs
    await home.say('owner', general.id, 'new')
    const first = dropped()
    await servers.setRetention(as('owner'), general.id, 2)
    await first
    assert.equal(await texts(), 1)
    const begins = log.beginningOf(general.id) as EventId
    assert.equal(eventIdStamp(begins).ms, nowMs - 2 * dayMs)

    nowMs += hourMs
    look()
    nowMs += 2 * dayMs
    const second = dropped()
    look()
    await second
    assert.equal(await texts(), 0)
    assert.equal(eventIdStamp(log.beginningOf(general.id) as EventId).ms, nowMs - 2 * dayMs)
    assert.deepEqual(await log.verify(), [])
  })

  it('threat 43: a clock that jumps drops nothing for an hour, in which it may be set right', async () => {
    const { servers, general } = home
    await home.say('owner', general.id, 'kept')
    const first = dropped()
    await servers.setRetention(as('owner'), general.id, 1)
    await first
    await idle()
    wrongMs = 2 * dayMs
    nowMs += hourMs
    look()
    await idle()
    wrongMs = 0
    nowMs += hourMs
    look()
    await idle()
    assert.equal(await texts(), 1)
    nowMs += 2 * dayMs
    const second = dropped()
    look()
    await second
    assert.equal(await texts(), 0)
  })

  it('for ever again: what is there stays, what is gone does not come back', async () => {
    const { servers, general, log } = home
    await home.say('owner', general.id, 'old')
    nowMs += 10 * dayMs
    const first = dropped()
    await servers.setRetention(as('owner'), general.id, 1)
    await first
    await home.say('owner', general.id, 'new')
    await servers.setRetention(as('owner'), general.id, undefined)
    nowMs += 100 * dayMs
    look()
    await log.seal()
    assert.equal(await texts(), 1)
  })
})
