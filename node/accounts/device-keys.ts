import type { Clock } from '../../broker/components.ts'
import { holds, vouchSigned, type AuthorDeviceKey, type AuthorSignature } from '../../spec/author.ts'
import { HearthError } from '../../spec/errors.ts'
import type { DeviceId, NodeId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { createVerify } from '../crypto.ts'
import type { AccountTables, DeviceKeyRecord } from './tables.ts'

/** Every key that the devices of a user have or had: what was said under one stays theirs when it is gone (SIGN-5). */
export interface DeviceKeys {
  list(user: UserName): readonly AuthorDeviceKey[]
  /** One that is a device's now. */
  has(user: UserName, key: string): boolean
  enrolled(user: UserName, device: DeviceId, key: string): Promise<void>
  /** Revoked or replaced. */
  ended(user: UserName, device: DeviceId): Promise<void>
  /** SIGN-4: by the calling device's own key. NOT_FOUND: no such keys; SIGNATURE_INVALID. */
  vouch(user: UserName, device: DeviceId, key: string, value: string): Promise<void>
}

export const createDeviceKeys = (
  { tables, clock }: { readonly tables: Pick<AccountTables, 'keys'>; readonly clock: Clock },
  { nodeId }: { readonly nodeId: NodeId },
): DeviceKeys => {
  const verify = createVerify()
  const of = (user: UserName): readonly DeviceKeyRecord[] => tables.keys.get(user) ?? []

  /** `change` sees what the change before it has left. */
  const update = async (user: UserName, change: (keys: readonly DeviceKeyRecord[]) => DeviceKeyRecord[]) => {
    await tables.keys.update(user, (keys = []) => bounded(change(keys)))
  }
  const ending =
    (device: DeviceId) =>
    (record: DeviceKeyRecord): DeviceKeyRecord =>
      record.device === device && record.until === undefined ? { ...record, until: clock.now() } : record

  return {
    list: (user) => of(user).map(({ device: _unsaid, ...told }) => told),
    has: (user, key) => of(user).some((record) => record.key === key && record.until === undefined),
    enrolled: (user, device, key) =>
      update(user, (keys) => {
        const now = keys.find((record) => record.device === device && record.until === undefined)
        if (now?.key === key) return [...keys]
        return [...keys.map(ending(device)), { device, key, since: clock.now() }]
      }),
    ended: async (user, device) => {
      if (!of(user).some((record) => record.device === device && record.until === undefined)) return
      await update(user, (keys) => keys.map(ending(device)))
    },
    vouch: async (user, device, key, value) => {
      const own = of(user).find((record) => record.device === device && record.until === undefined)
      const isThere = of(user).some((record) => record.key === key && record.until === undefined)
      if (own === undefined || !isThere || own.key === key) {
        throw new HearthError('NOT_FOUND', 'a device with a key vouches for the key of another one of yours')
      }
      const signature: AuthorSignature = { key: own.key, value }
      if (!holds(signature, vouchSigned({ node: nodeId, user }, key), verify)) {
        throw new HearthError('SIGNATURE_INVALID')
      }
      await update(user, (keys) =>
        keys.map((record) => (record.key === key ? { ...record, vouch: { by: own.key, value } } : record)),
      )
    },
  }
}

/** SIGN-5: those that ended first go. */
const bounded = (keys: DeviceKeyRecord[]): DeviceKeyRecord[] => {
  const surplus = keys.length - limits.keysPerUserMax
  if (surplus <= 0) return keys
  const ended = keys.filter(({ until }) => until !== undefined).toSorted((a, b) => (a.until ?? 0) - (b.until ?? 0))
  const gone = new Set(ended.slice(0, surplus))
  return keys.filter((record) => !gone.has(record))
}
