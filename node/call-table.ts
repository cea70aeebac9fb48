/** Calls (spec/calls.md): request decoded once, handler found by method, every refusal named. */
import type { z } from 'zod'
import type { Logger } from '../broker/components.ts'
import { errorsOf } from '../spec/calls/call.ts'
import { HearthError, type ErrorCode } from '../spec/errors.ts'
import { decodeJson } from '../spec/json.ts'
import { limits } from '../spec/limits.ts'
import type { RateLimiter } from './accounts/rate-limit.ts'
import type { CallHandler } from './calls.ts'
import type { Principal } from './principal.ts'

/** What goes back. `id` is the request's own, for clients without Correlation Data. */
export type Reply =
  | { readonly id?: string; readonly result: unknown }
  | { readonly id?: string; readonly error: { readonly code: ErrorCode; readonly message: string } }

export interface CallTable {
  readonly methods: readonly string[]
  /** Never rejects: a fault of ours is logged and answered with INTERNAL. */
  answer(principal: Principal, method: string, payload: Uint8Array): Promise<Reply>
}

export const createCallTable = (
  handlers: readonly CallHandler[],
  { logger, rate }: { readonly logger: Logger; readonly rate?: Pick<RateLimiter, 'take'> },
): CallTable => {
  const byMethod = new Map(handlers.map((handler) => [handler.spec.method, handler]))
  if (byMethod.size !== handlers.length) throw new HearthError('INTERNAL', 'two handlers answer one method')

  const named = new Map(handlers.map(({ spec }) => [spec.method, new Set(errorsOf(spec))]))

  return {
    methods: [...byMethod.keys()].sort(),
    answer: async (principal, method, payload) => {
      let request: Request = { input: {} }
      try {
        const waitMs = rate?.take(principal.user) ?? 0 // CALL-6
        request = decodeRequest(payload)
        if (waitMs > 0) throw new HearthError('RATE_LIMITED', `too many calls; try again in ${waitMs} ms`)
        const handler = byMethod.get(method)
        if (handler === undefined) throw new HearthError('NOT_FOUND', `there is no call ${method}`)
        const result = await handler.handle(principal, checkInput(handler, request.input) as never)
        return withId(request, { result: result ?? {} })
      } catch (error) {
        if (error instanceof HearthError) {
          const { code } = error
          // CALL-4: clients are told beforehand what a call refuses with.
          if (named.get(method)?.has(code) === false) logger.error({ method, code }, unnamedError)
          return withId(request, { error: { code, message: error.message } })
        }
        logger.error({ method, user: principal.user, err: error }, 'a call failed')
        return withId(request, { error: { code: 'INTERNAL', message: 'the node made an error; see its log' } })
      }
    },
  }
}

/** In the log: the spec of the call is to be mended. */
export const unnamedError = 'a call was refused with an error that its spec does not name'

interface Request {
  readonly id?: string
  readonly input: object
}

/** CALL-2: a JSON object whose `id`, if any, is the request's own; an empty payload is `{}`. */
const decodeRequest = (payload: Uint8Array): Request => {
  const value = payload.length === 0 ? {} : decodeJson(payload)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HearthError('BAD_REQUEST', 'the input of a call is a JSON object')
  }
  if (!('id' in value)) return { input: value }
  const { id, ...input } = value
  if (typeof id !== 'string' || id.length > limits.clientMessageIdBytesMax) {
    throw new HearthError('BAD_REQUEST', `id: is text of at most ${limits.clientMessageIdBytesMax} characters`)
  }
  return { id, input }
}

/** CALL-3: an unknown field is refused. */
const checkInput = (handler: CallHandler, input: object): unknown => {
  const parsed = handler.spec.input.safeParse(input)
  if (parsed.success) return parsed.data
  throw refusal(parsed.error.issues)
}

const refusal = (issues: readonly z.core.$ZodIssue[]): HearthError => {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys')
  if (unknown !== undefined) return new HearthError('UNKNOWN_FIELD', `not known here: ${unknown.keys.join(', ')}`)
  const issue = issues[0]
  return new HearthError('BAD_REQUEST', issue && `${issue.path.join('.') || 'the input'}: ${issue.message}`)
}

const withId = ({ id }: Request, reply: Reply): Reply => (id === undefined ? reply : { id, ...reply })
