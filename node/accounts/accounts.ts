/** The accounts of a node: who somebody is and how they prove it (spec/accounts.md). What they may do is the servers' business. */
import type { Connected, ConnectRequest, Outcome } from '../../broker/components.ts'
import type { AuthorDeviceKey } from '../../spec/author.ts'
import type { ErrorCode } from '../../spec/errors.ts'
import type { ChannelId, DeviceId, ServerId, UserName } from '../../spec/ids.ts'
import type { Principal } from '../principal.ts'
import type { Guest } from './invites.ts'

export type LoginRequest = Pick<ConnectRequest, 'clientId' | 'username' | 'password' | 'address' | 'protocolVersion'>

/**
 * Every method but `login` throws HearthError to refuse. Nothing that comes out of here holds a secret, except
 * `createUser`, `createToken` and `createInvite`, which show a new one once.
 */
export interface Accounts extends AsyncDisposable {
  /** Prepares the dummy hash for unknown users and finishes admissions that a crash cut short. */
  start(): Promise<void>
  stop(): Promise<void>

  /** A CONNECT: password, app token, ticket, or invite and new password (ACC-10). Never throws for what a client sent. */
  login(request: LoginRequest): Promise<Outcome<Connected<Principal>>>
  /**
   * A live session that the revocation covers must end within a second. Listeners are called in the turn in which
   * the change is durable. Returns the unsubscribe.
   */
  onRevoked(listener: (revocation: Revocation) => void): () => void
  /** Sync: is what the principal logged in with still good? Ask once a session is live, as a revocation may come in between. */
  isGood(principal: Principal): boolean

  /** Without a password one is made and shown once. EXISTS, BAD_REQUEST. */
  createUser(input: {
    readonly user: string
    readonly password?: string
  }): Promise<{ user: UserView; password?: string }>
  users(): UserView[]
  /** Somebody who can log in. */
  has(user: UserName): boolean
  /** NOT_FOUND. */
  user(name: string): UserView
  /**
   * By the operator; without a password one is made and shown once. Ends every session of the user that no app
   * token opened. NOT_FOUND, BAD_REQUEST.
   */
  setPassword(user: string, password?: string): Promise<{ password?: string }>
  /** By the user; the calling device stays connected. LOGIN_FAILED, LOGIN_TOO_OFTEN, BAD_REQUEST. */
  changePassword(
    user: UserName,
    change: { readonly old: string; readonly new: string; readonly device: DeviceId },
  ): Promise<void>
  /** A disabled user cannot log in and loses every session. NOT_FOUND. */
  setDisabled(user: string, disabled: boolean): Promise<UserView>

  /** NOT_FOUND (no such user). */
  devices(user: string): DeviceView[]
  /** Ends its session, forgets its key and the app tokens bound to it; the id stays refused. NOT_FOUND. */
  revokeDevice(user: string, device: string): Promise<void>
  /** Registers the device's Ed25519 key (32 bytes) for tickets; replaces an older one. NOT_FOUND, BAD_REQUEST. */
  enrollDevice(user: UserName, device: DeviceId, publicKey: Uint8Array): Promise<DeviceView>

  /** The keys that a user's devices have and had; none for whom there is no account (SIGN-5). */
  keys(user: UserName): readonly AuthorDeviceKey[]
  /** Is it the key of one of the user's devices now? */
  isKey(user: UserName, key: string): boolean
  /** SIGN-4: the calling device's key stands for another one of the same user. NOT_FOUND, SIGNATURE_INVALID. */
  vouch(user: UserName, device: DeviceId, key: string, value: string): Promise<void>

  /** `secret` is shown here and never again. NOT_FOUND, QUOTA, BAD_REQUEST. */
  createToken(user: string, options: TokenOptions): Promise<{ token: TokenView; secret: string }>
  /** Those of one user; undefined: all. */
  tokens(user?: string): TokenView[]
  /** One's own; `user` undefined: any. NOT_FOUND. */
  revokeToken(user: string | undefined, id: string): Promise<void>

  /** `by` undefined: the operator of the node. `code` is shown here and never again. NOT_FOUND, NOT_ALLOWED, BAD_REQUEST, QUOTA. */
  createInvite(by: UserName | undefined, options: InviteOptions): Promise<{ invite: InviteView; code: string }>
  /** Those that still work, of one user; undefined: of all. */
  invites(by?: UserName): InviteView[]
  /** One's own; `by` undefined: any. NOT_FOUND. */
  revokeInvite(by: UserName | undefined, id: string): Promise<void>
  /**
   * Makes an account by an invite. The use is counted and the account made in one durable batch; a taken name
   * costs no use. INVITE_INVALID, EXISTS, BAD_REQUEST, LOGIN_TOO_OFTEN.
   */
  register(input: Registration): Promise<{ user: UserView; server?: ServerId }>
  /** An existing user joins the server of an invite. INVITE_INVALID, NOT_ALLOWED, LOGIN_TOO_OFTEN. */
  redeemInvite(user: UserName, invite: string): Promise<{ server: ServerId }>
  /** For somebody of another node (NCALL-7). INVITE_INVALID, LOGIN_TOO_OFTEN, and what `admit` throws. */
  redeemInviteFor<T>(guest: Guest<T>): Promise<T>
}

/** Sessions that must end. `code` is the DISCONNECT's reason, `reason` for people. */
export interface Revocation {
  readonly user: UserName
  /** Undefined: all of the user's devices, as far as `covers` says. */
  readonly device: DeviceId | undefined
  readonly code: ErrorCode
  readonly reason: string
  covers(principal: Principal): boolean
}

export interface UserView {
  readonly user: UserName
  readonly disabled: boolean
  /** All times are Unix ms. */
  readonly created: number
  readonly devices: number
  readonly tokens: number
}

export interface DeviceView {
  readonly device: DeviceId
  readonly client: string
  readonly firstSeen: number
  /** At most an hour behind. */
  readonly lastSeen: number
  readonly address: string
  /** Ed25519, base32; undefined: logs in without tickets. */
  readonly key: string | undefined
  readonly revoked: number | undefined
}

export interface TokenOptions {
  /** What it is for, for people; at most `limits.nameCharsMax`. */
  readonly name: string
  /** Undefined: every channel its user can see. */
  readonly channels?: readonly ChannelId[] | undefined
  readonly send: boolean
  readonly read: boolean
  readonly expiresInMs?: number | undefined
  /** Usable from this device only, and revoked with it. */
  readonly device?: DeviceId | undefined
}

export interface TokenView {
  readonly id: string
  readonly user: UserName
  readonly name: string
  readonly channels: readonly ChannelId[] | undefined
  readonly send: boolean
  readonly read: boolean
  readonly device: DeviceId | undefined
  readonly created: number
  readonly expires: number | undefined
  /** At most an hour behind. */
  readonly lastUsed: number | undefined
}

export interface InviteOptions {
  /** Id or handle. Undefined: an account on this node and no more (operator only). */
  readonly server?: string | undefined
  readonly role?: string | undefined
  /** How many may use it; default 1. */
  readonly uses?: number | undefined
  /** Default 7 days. */
  readonly expiresInMs?: number | undefined
  /** May it make new accounts? Default true. */
  readonly register?: boolean | undefined
}

export interface InviteView {
  readonly id: string
  readonly server: ServerId | undefined
  readonly role: string | undefined
  readonly register: boolean
  readonly usesLeft: number
  readonly used: number
  readonly created: number
  readonly expires: number
  /** Undefined: the operator of the node. */
  readonly createdBy: UserName | undefined
}

export interface Registration {
  readonly invite: string
  readonly user: string
  readonly password: string
  /** Remote IP address, for the rate limits. */
  readonly address: string
}
