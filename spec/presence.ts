/** Who is here, as it is published and chosen (spec/profiles.md). */
import { z } from 'zod'
import { isText } from './governance/names.ts'
import { isUserName } from './identifiers.ts'
import { limits } from './limits.ts'
import { isPresenceAddress } from './topics.ts'

/** What others see; whoever is invisible is `offline` to them. */
export const presentStatuses = ['online', 'idle', 'dnd'] as const
export type PresentStatus = (typeof presentStatuses)[number]
export const seenStatuses = [...presentStatuses, 'offline'] as const
export type SeenStatus = (typeof seenStatuses)[number]

export const chosenStatuses = ['online', 'idle', 'dnd', 'invisible', 'offline'] as const
export type ChosenStatus = (typeof chosenStatuses)[number]

const isStatusText = (text: string): boolean => isText(text, limits.statusTextCharsMax)

/** PROF-8: what a person publishes to `u/{me}/presence`, and the input of `presence.set`. */
export const presenceChoice = z
  .strictObject({
    status: z
      .enum(chosenStatuses)
      .optional()
      .describe(
        '`idle` is of the device that says so; `dnd` and `invisible` of the person, until `online` takes them back.',
      ),
    text: z
      .string()
      .refine(isStatusText, 'is too long, blank at an end, or has control characters')
      .meta({ maxLength: limits.statusTextCharsMax })
      .nullable()
      .optional()
      .describe('Null or empty takes it away.'),
    until: z.int().positive().nullable().optional().describe('Unix ms; the text goes then.'),
    lastSeen: z.boolean().optional().describe('Others may see the day on which I was here last; off unless chosen.'),
  })
  .refine(({ text, until }) => until === undefined || until === null || (text ?? '') !== '', {
    error: 'until needs a text',
  })
export type PresenceChoice = z.output<typeof presenceChoice>

/** A user of the node that says it, or the address of somebody of another node (TOPIC-12). */
const isPresenceName = (name: string): boolean => isUserName(name) || isPresenceAddress(name)

/** PROF-9: the JSON of `u/{user}/presence`, retained. */
export const presenceJson = z.object({
  user: z.string().refine(isPresenceName, 'is neither a user name nor an address'),
  status: z.enum(seenStatuses),
  since: z.int().nonnegative().optional().describe('Unix ms, since when; absent when offline.'),
  text: z.string().optional(),
  until: z.int().nonnegative().optional(),
  lastSeen: z.string().optional().describe('`2026-11-21`, in UTC; when offline, and chosen.'),
})
export type PresenceJson = z.output<typeof presenceJson>
