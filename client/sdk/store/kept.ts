/** The records of the offline store. What does not decode is passed over: a damaged record costs itself only. */
import { z } from 'zod'
import { deviceIdField, deviceKeyField } from '../../../spec/account.ts'
import { signatureField } from '../../../spec/author.ts'
import { isChannelId, isNodeId } from '../../../spec/identifiers.ts'
import type { ChannelId, NodeId } from '../../../spec/ids.ts'
import { channelIdField, eventIdField, eventJson, type EventJson } from '../../../spec/message.ts'
import type { Outgoing } from '../outbox.ts'
import { namedErrorOf } from '../named-error.ts'

/** Written at the first opening. A newer one is refused (SCHEMA_NEWER). */
export const schemaVersion = 1

/** Everything of these channels up to the cursor was seen. */
export const placeRecord = z.object({
  cursor: z.int().nonnegative(),
  channels: z.array(z.custom<ChannelId>((id) => typeof id === 'string' && isChannelId(id))),
})

export const channelRecord = z.object({
  /** From here up the events are kept without a hole; empty: from the start of the channel. */
  floor: z.union([eventIdField, z.literal('')]),
  /** Arrival position up to which they are. */
  upTo: z.int().nonnegative(),
})

export const eventRecord = z.object({
  event: eventJson,
  /** Other nodes that have it on disk, as far as this client was told. */
  nodes: z.int().positive().optional(),
})
export type KeptEvent = z.output<typeof eventRecord>

const outgoingRecord = z.object({
  id: z.string(),
  channel: channelIdField,
  text: z.string(),
  replyTo: eventIdField.optional(),
  thread: eventIdField.optional(),
  signature: signatureField.optional(),
  timeMs: z.number(),
  state: z.enum(['pending', 'failed']),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})

/** Undefined: not one. */
export const readOutgoing = (value: unknown): Outgoing | undefined => {
  const parsed = outgoingRecord.safeParse(value)
  if (!parsed.success) return undefined
  const { error: fault, replyTo, thread, signature, ...rest } = parsed.data
  const error = namedErrorOf(fault)
  return {
    ...rest,
    ...(replyTo !== undefined && { replyTo }),
    ...(thread !== undefined && { thread }),
    ...(signature !== undefined && { signature }),
    ...(error !== undefined && { error }),
  }
}

export const writeOutgoing = ({ error, ...rest }: Outgoing): unknown => ({
  ...rest,
  ...(error !== undefined && { error: { code: error.code, message: error.message } }),
})

/** What a device signs with, and for whom. */
export const keyRecord = z.object({
  node: z.custom<NodeId>((id) => typeof id === 'string' && isNodeId(id)),
  device: deviceIdField,
  /** 32 secret bytes in base32. */
  seed: deviceKeyField,
})
export type KeptKey = z.output<typeof keyRecord>

/** Of one channel, as it was seen. */
export interface KeptChannel {
  readonly floor: EventJson['id'] | ''
  readonly upTo: number
  /** Ascending by id. */
  readonly events: readonly KeptEvent[]
}
