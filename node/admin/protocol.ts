/**
 * The admin protocol: one JSON object a line over a unix socket. The caller sends calls, each with an id of its
 * own; the node answers any number of rows and progress reports, and then one result or one named error.
 */
import { z } from 'zod'
import { HearthError, errorTable } from '../../spec/errors.ts'
import type { ErrorCode } from '../../spec/errors.ts'

export const adminLimits = {
  requestBytesMax: 64 * 1024,
  /** One row or result. */
  replyBytesMax: 4 * 1024 * 1024,
  callsAtATimeMax: 8,
  connectionsMax: 32,
  /** Output that a reader has not taken; a call waits there. */
  unreadBytesMax: 1024 * 1024,
} as const

const id = z
  .int()
  .min(1)
  .max(2 ** 31)
const rowSchema = z.record(z.string(), z.unknown())

export const requestSchema = z.union([
  z.strictObject({ id, call: z.string().max(64), input: rowSchema }),
  z.strictObject({ id, cancel: z.literal(true) }),
])

export const replySchema = z.union([
  z.strictObject({ id, row: rowSchema }),
  z.strictObject({
    id,
    progress: z.strictObject({ done: z.number(), total: z.number().optional(), text: z.string() }),
  }),
  z.strictObject({ id, result: rowSchema.nullable() }),
  z.strictObject({ id, error: z.strictObject({ code: z.string(), message: z.string() }) }),
])

export type Request = z.output<typeof requestSchema>
export type Reply = z.output<typeof replySchema>

export const encodeLine = (value: Request | Reply): string => `${JSON.stringify(value)}\n`

/** Throws BAD_REQUEST or JSON_INVALID. */
export const decodeRequest = (line: string): Request => decode(line, requestSchema)

export const decodeReply = (line: string): Reply => decode(line, replySchema)

const decode = <T>(line: string, schema: z.ZodType<T>): T => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new HearthError('JSON_INVALID', 'a line of the admin protocol is not JSON', { cause: error })
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success)
    throw new HearthError('BAD_REQUEST', `not of the admin protocol: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** What a command threw, for the wire. A fault of ours says no more than that. */
export const errorReply = (id: number, error: unknown): Reply =>
  error instanceof HearthError
    ? { id, error: { code: error.code, message: error.message } }
    : { id, error: { code: 'INTERNAL', message: 'the node made an error; its log says which' } }

export const errorFrom = (error: { readonly code: string; readonly message: string }): HearthError =>
  new HearthError(Object.hasOwn(errorTable, error.code) ? (error.code as ErrorCode) : 'INTERNAL', error.message)

/** Cuts a stream of bytes into lines. Throws PACKET_TOO_LARGE past `bytesMax` without a line end. */
export async function* linesOf(source: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<string> {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...pending, chunk.subarray(from, end)])
      if (line.length > bytesMax) throw tooLong(bytesMax)
      pending = []
      pendingBytes = 0
      from = end + 1
      yield line.toString('utf8')
    }
    if (from === chunk.length) continue
    pending.push(Buffer.from(chunk.subarray(from)))
    pendingBytes += chunk.length - from
    if (pendingBytes > bytesMax) throw tooLong(bytesMax)
  }
}

const tooLong = (bytesMax: number): HearthError =>
  new HearthError('PACKET_TOO_LARGE', `a line of the admin protocol is longer than ${bytesMax} bytes`)
