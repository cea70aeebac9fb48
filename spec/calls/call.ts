import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Permission } from '../permissions.ts'

/**
 * A call: published to `u/{me}/call/{method}`, answered on the MQTT 5 Response Topic or on `u/{me}/reply`.
 * One file per call; file name = method = topic level (`server.create.ts`, `u/alice/call/server.create`).
 * Inputs are strict objects: an unknown field is refused (spec/calls.md CALL-3).
 *
 * This is the one source: the node validates with it, the SDK's types come from it, `spec/generated/` is made of it, and
 * the table of spec/calls.md must say the same.
 */
export interface CallSpec<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly method: string
  /** One line for help and docs. */
  readonly summary: string
  /** What it refuses with, beside `anyCallErrors` and what an app token is refused with (CALL-4). */
  readonly errors: readonly ErrorCode[]
  /** Permissions that it asks for, and where or when. */
  readonly permissions?: Readonly<Partial<Record<Permission, string>>>
  readonly token: TokenNeed
  readonly input: I
  readonly output: O
}

/** CALL-5: what an app token must be allowed to make the call; `none`: no app token makes it. */
export const tokenNeeds = ['none', 'read', 'send', 'any'] as const
export type TokenNeed = (typeof tokenNeeds)[number]

/** CALL-4: what any call may be refused with. */
export const anyCallErrors = [
  'BAD_REQUEST',
  'UNKNOWN_FIELD',
  'JSON_INVALID',
  'JSON_TOO_DEEP',
  'NOT_UTF8',
  'PACKET_TOO_LARGE',
  'RATE_LIMITED',
  'DISK_FULL',
  'STORE_FAILED',
  'CORRUPT',
  'INTERNAL',
] as const satisfies readonly ErrorCode[]

/** All of them, each once. */
export const errorsOf = ({ errors, token }: Pick<CallSpec, 'errors' | 'token'>): readonly ErrorCode[] => [
  ...new Set<ErrorCode>([...errors, ...(token === 'any' ? [] : (['NOT_ALLOWED'] as const)), ...anyCallErrors]),
]

export const defineCall = <I extends z.ZodType, O extends z.ZodType>(spec: CallSpec<I, O>): CallSpec<I, O> => spec
