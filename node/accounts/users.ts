import type { Clock } from '../../broker/components.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import { parseUserName } from '../../spec/identifiers.ts'
import type { DeviceId, UserName } from '../../spec/ids.ts'
import type { Passwords } from './passwords.ts'
import { disabledRevocation, passwordRevocation } from './revocations.ts'
import type { Revocations } from './revocations.ts'
import type { Serial } from './serial.ts'
import type { AccountTables, UserRecord } from './tables.ts'

/** Who has an account, and its password. */
export interface Users {
  /** Throws NOT_FOUND. */
  find(name: string): { readonly name: UserName; readonly record: UserRecord }
  create(name: string, password: string | undefined): Promise<{ name: UserName; password?: string }>
  setPassword(name: string, password: string | undefined): Promise<{ password?: string }>
  /** The old password is right: the caller checked. */
  replacePassword(name: UserName, password: string, change: { address: string; keep: DeviceId }): Promise<void>
  setDisabled(name: string, disabled: boolean): Promise<void>
}

/** Work that the operator asks for at the node itself has a lane of its own. */
const operatorLane = 'operator'

export const createUsers = (components: {
  readonly tables: Pick<AccountTables, 'users'>
  readonly passwords: Passwords
  readonly inTurn: Serial
  readonly revocations: Revocations
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
}): Users => {
  const { tables, passwords, inTurn, revocations, clock, random } = components

  const find: Users['find'] = (name) => {
    const record = tables.users.get(name)
    if (record === undefined) throw new HearthError('NOT_FOUND', 'there is no such user')
    return { name: name as UserName, record }
  }

  const change = (name: UserName, fields: Partial<UserRecord>): Promise<void> =>
    inTurn(() => tables.users.put(name, { ...find(name).record, ...fields }))

  return {
    find,
    create: async (wished, given) => {
      const name = checkUserName(wished)
      refuseTaken(tables, name)
      const password = given ?? makePassword(random)
      const phc = await passwords.hash(password, operatorLane)
      await inTurn(async () => {
        refuseTaken(tables, name)
        await tables.users.put(name, { password: phc, disabled: false, created: clock.now() })
      })
      return given === undefined ? { name, password } : { name }
    },
    setPassword: async (text, given) => {
      const { name } = find(text)
      const password = given ?? makePassword(random)
      await change(name, { password: await passwords.hash(password, operatorLane) })
      revocations.announce(passwordRevocation(name))
      return given === undefined ? { password } : {}
    },
    replacePassword: async (name, password, { address, keep }) => {
      await change(name, { password: await passwords.hash(password, address) })
      revocations.announce(passwordRevocation(name, keep))
    },
    setDisabled: async (text, disabled) => {
      const { name } = find(text)
      await change(name, { disabled })
      if (disabled) revocations.announce(disabledRevocation(name))
    },
  }
}

/** A name that somebody wishes for. Throws BAD_REQUEST. */
export const checkUserName = (text: string): UserName => {
  const name = parseUserName(text)
  if (name === undefined) {
    throw new HearthError(
      'BAD_REQUEST',
      'a user name has 1 to 32 of a-z, 0-9, dot, dash and underscore, and begins with a letter or a digit',
    )
  }
  return name
}

export const refuseTaken = (tables: Pick<AccountTables, 'users'>, name: UserName): void => {
  if (tables.users.has(name)) throw new HearthError('EXISTS', `the user name ${name} is taken`)
}

/** 80 bits. */
const makePassword = (random: (length: number) => Uint8Array): string => encodeBase32(random(10))
