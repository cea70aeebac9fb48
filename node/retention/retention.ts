/** FEED-8: drops what channels do not keep any longer, as the governance of their server says. */
import { eventIdStamp, firstIdOf } from '../../spec/event-id.ts'
import type { Log } from '../log/log.ts'
import type { ChannelInfo, Servers } from '../servers/servers.ts'

export interface RetentionComponents {
  readonly log: Pick<Log, 'retain' | 'beginningOf'>
  readonly servers: Pick<Servers, 'servers' | 'channels' | 'onChanged'>
  readonly clock: { now(): number }
  /** Ms of a clock that nobody sets. */
  readonly monotonicMs: () => number
  /** In so many ms; 0: at the end of the turn. Returns the cancel. */
  readonly later: (task: () => void, ms: number) => () => void
  readonly logger: { info(fields: object, message: string): void; error(fields: object, message: string): void }
}

/** Looks at the start, when a server has changed, and every hour. The stop resolves when nothing more is dropped. */
export const followRetention = (components: RetentionComponents): (() => Promise<void>) => {
  const { log, servers, clock, later, logger } = components
  const isSteady = watchClock(components)
  let isStopped = false
  let isDue = false
  let looking: Promise<void> | undefined
  let cancel: (() => void) | undefined

  const keep = async ({ id, retention }: ChannelInfo): Promise<void> => {
    if (retention === undefined || isStopped) return
    const fromMs = clock.now() - retention.days * dayMs
    const begins = log.beginningOf(id)
    if (fromMs < 0 || (begins !== undefined && fromMs - eventIdStamp(begins).ms < stepMs(retention.days))) return
    const dropped = await log.retain(id, { from: firstIdOf(fromMs), because: retention.setBy })
    if (dropped > 0)
      logger.info({ channel: id, dropped, days: retention.days }, 'messages past their time were dropped')
  }

  const lookAtAll = async (): Promise<void> => {
    while (isDue && !isStopped) {
      isDue = false
      if (!isSteady()) continue
      for (const { id: server } of servers.servers()) {
        for (const channel of servers.channels(server)) await keep(channel)
      }
    }
  }

  const look = (): void => {
    isDue = true
    looking ??= lookAtAll()
      // A disk that is full or fails: the next look tries again.
      .catch((err: unknown) => logger.error({ err }, 'messages past their time could not be dropped'))
      .finally(() => {
        looking = undefined
        if (isDue && !isStopped) look()
      })
  }

  const plan = (ms: number): void => {
    cancel = later(() => {
      look()
      plan(roundMs)
    }, ms)
  }
  const unsubscribe = servers.onChanged(() => look())
  plan(0)

  return async () => {
    isStopped = true
    cancel?.()
    unsubscribe()
    await looking
  }
}

/**
 * Threat 43: a clock that jumps must not cost what was said. After a jump nothing is dropped for an hour, in which it may be
 * set right. (A machine that slept looks like that, too.)
 */
const watchClock = ({
  clock,
  monotonicMs,
  logger,
}: Pick<RetentionComponents, 'clock' | 'monotonicMs' | 'logger'>): (() => boolean) => {
  const offsetMs = (): number => clock.now() - monotonicMs()
  let knownMs = offsetMs()
  let untrustedUntil = -Infinity
  return () => {
    const jumpMs = offsetMs() - knownMs
    if (Math.abs(jumpMs) > jumpMaxMs) {
      knownMs += jumpMs
      untrustedUntil = monotonicMs() + roundMs
      logger.info({ jumpMs }, 'the clock has jumped: nothing is dropped for an hour')
    }
    return monotonicMs() >= untrustedUntil
  }
}

const jumpMaxMs = 60_000
const dayMs = 24 * 3600 * 1000
const roundMs = 3600 * 1000
/** A beginning moves by no less: each move walks over what goes. */
const stepMs = (days: number): number => Math.max(roundMs, Math.min(dayMs, (days * dayMs) / 30))
