import type { ChannelId, DeviceId, UserName } from '../spec/ids.ts'

/** Limits of an app token. */
export interface Scope {
  /** Undefined: every channel its user can see. */
  readonly channels?: readonly ChannelId[]
  readonly send: boolean
  readonly read: boolean
}

/** Somebody who has logged in: an account of this node, on one device. */
export interface Principal {
  readonly user: UserName
  readonly device: DeviceId
  /** Undefined: a person's own login, everything the person may do. Calls other than history need no scope. */
  readonly scope: Scope | undefined
  /** Id of the app token that it logged in with; present exactly when there is a scope. */
  readonly token?: string
}
