/** Calls that an app token may not make (ACC-46): the password is asked for once, and a session of its own makes them. */
import type { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import { HearthError } from '../../spec/errors.ts'
import type { Session } from '../sdk/index.ts'

export interface Personal {
  /** Undefined: no password was needed yet. */
  readonly session: Session | undefined
  /** Throws the node's named error; NOT_ALLOWED when the person gives no password. */
  call<I extends z.ZodType, O extends z.ZodType>(spec: CallSpec<I, O>, input: z.input<I>): Promise<z.output<O>>
}

export const createPersonal = (
  session: Pick<Session, 'call'>,
  parts: {
    /** On the input line, unseen; undefined when the person gives up. */
    readonly askSecret: (prompt: string) => Promise<string | undefined>
    readonly asPerson: (password: string) => Promise<Pick<Session, 'call'>>
  },
): Personal => {
  let person: Session | undefined
  return {
    get session() {
      return person
    },
    call: async (spec, input) => {
      if (person !== undefined) return person.call(spec, input)
      try {
        return await session.call(spec, input)
      } catch (error) {
        if (!(error instanceof HearthError) || error.code !== 'NOT_ALLOWED') throw error
      }
      const password = await parts.askSecret('Your password, to do that: ')
      if (password === undefined) throw new HearthError('NOT_ALLOWED', 'not done')
      person = (await parts.asPerson(password)) as Session
      return person.call(spec, input)
    },
  }
}
