import type { Clock, Logger } from '../../broker/components.ts'
import type { NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { Store } from '../store/store.ts'

/** What the accounts need from the house. */
export interface AccountComponents {
  readonly store: Store
  readonly clock: Clock
  /** `length` bytes nobody can guess. */
  readonly random: (length: number) => Uint8Array
  readonly passwordHash: PasswordHash
  readonly admission: Admission
  readonly logger: Logger
}

/** Slow on purpose; who calls it limits how many run. `argon2.ts` is the real one. */
export interface PasswordHash {
  /** A PHC string, with its own salt and parameters. */
  hash(password: string): Promise<string>
  verify(stored: string, password: string): Promise<boolean>
}

/** The servers, as far as invites need them. */
export interface Admission {
  /**
   * Finds the server by id or handle and checks that the user may invite to it and may give that role.
   * `undefined`: the operator of the node, who may. Throws NOT_FOUND or NOT_ALLOWED.
   */
  may(user: UserName | undefined, server: string, role: string | undefined): ServerId
  isMember(user: UserName, server: ServerId): boolean
  /** Makes the user a member; already being one is no error. Throws NOT_ALLOWED (banned) or what the store throws. */
  admit(
    user: UserName,
    server: ServerId,
    by: { readonly invitedBy: UserName | undefined; readonly role: string | undefined },
  ): Promise<void>
}

export interface AccountInit {
  /** Tickets name the node that they are for (ACC-33). */
  readonly nodeId: NodeId
}
