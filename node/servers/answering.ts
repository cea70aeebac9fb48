/** Who may make a call about servers at all: people, and for some of them app tokens. */
import type { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import { HearthError } from '../../spec/errors.ts'
import type { UserName } from '../../spec/ids.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Principal } from '../principal.ts'
import type { Actor } from './servers.ts'

/** Answers a person, in the shape that the call says; an app token says and reads, it does not run servers. */
export const own = <I extends z.ZodType, O extends z.ZodType>(
  spec: CallSpec<I, O>,
  handle: (user: UserName, input: z.output<I>) => z.input<O> | Promise<z.input<O>>,
): CallHandler =>
  answer(spec, async ({ user, scope }, input) => {
    if (scope !== undefined) {
      throw new HearthError('NOT_ALLOWED', 'an app token cannot do this: log in with the password or a device key')
    }
    return spec.output.parse(await handle(user, input)) as z.input<O>
  })

/** Also for an app token that may read: of what there is, what lies within its channels (ACC-51). */
export const readable = <I extends z.ZodType, O extends z.ZodType>(
  spec: CallSpec<I, O>,
  handle: (principal: Principal, input: z.output<I>) => z.input<O>,
): CallHandler =>
  answer(spec, (principal, input) => {
    if (principal.scope?.read === false) throw new HearthError('NOT_ALLOWED', 'the app token may not read')
    return Promise.resolve(spec.output.parse(handle(principal, input)) as z.input<O>)
  })

export const actorOf = (user: UserName): Actor => ({ kind: 'user', user })
