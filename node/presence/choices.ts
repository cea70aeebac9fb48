/** What people chose about their presence that outlasts a connection: small, and only of those who chose something. */
import { z } from 'zod'
import type { UserName } from '../../spec/ids.ts'
import type { PresenceChoice } from '../../spec/presence.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const choiceRecord = z.strictObject({
  standing: z.enum(['dnd', 'invisible']).optional(),
  text: z.string().optional(),
  /** Unix ms. */
  until: z.number().int().optional(),
  /** Others may see `day`. */
  lastSeen: z.boolean().optional(),
  /** The last day that others may know of: `2026-11-21`, UTC. */
  day: z.string().optional(),
})
export type Choice = z.output<typeof choiceRecord>

export interface Choices {
  get(user: UserName): Choice
  /** Resolves after the fsync. Throws what the store throws. */
  choose(user: UserName, choice: PresenceChoice): Promise<void>
  /** Others will see the user leave: notes the day, for those who want that. Never rejects. */
  left(user: UserName): Promise<void>
}

export interface ChoicesComponents {
  readonly store: Store
  readonly clock: { now(): number }
  readonly logger: { error(fields: object, message: string): void }
}

export const openChoices = async ({ store, clock, logger }: ChoicesComponents): Promise<Choices> => {
  const records = await createRecords(store, 'presence', choiceRecord)
  const today = (): string => new Date(clock.now()).toISOString().slice(0, 10)

  const update = async (user: UserName, change: (old: Choice) => Choice): Promise<void> => {
    const old = records.get(user) ?? none
    if (JSON.stringify(change(old)) === JSON.stringify(old)) return
    await records.update(user, (known) => {
      const choice = change(known ?? none)
      return Object.keys(choice).length === 0 ? undefined : choice
    })
  }

  return {
    get: (user) => records.get(user) ?? none,
    choose: (user, choice) => update(user, (old) => chosen(old, choice, today())),
    left: async (user) => {
      const { lastSeen, standing } = records.get(user) ?? none
      if (lastSeen !== true || standing === 'invisible') return
      await update(user, (old) => ({ ...old, day: today() })).catch((error: unknown) =>
        logger.error({ err: error }, 'the day of somebody who left could not be written'),
      )
    },
  }
}

/** Pure. What is not named stays, apart from the end of a text that is replaced. */
const chosen = (old: Choice, { status, text, until, lastSeen }: PresenceChoice, today: string): Choice => {
  const standing = status === 'dnd' || status === 'invisible' ? status : status === 'online' ? undefined : old.standing
  const shown = text === undefined ? old.text : text === null || text === '' ? undefined : text
  const ends = text === undefined && until === undefined ? old.until : (until ?? undefined)
  const shows = lastSeen ?? old.lastSeen ?? false
  return {
    ...(standing !== undefined && { standing }),
    ...(shown !== undefined && { text: shown }),
    ...(shown !== undefined && ends !== undefined && { until: ends }),
    ...(shows && { lastSeen: true, day: standing === 'invisible' ? (old.day ?? today) : today }),
  }
}

const none: Choice = {}
