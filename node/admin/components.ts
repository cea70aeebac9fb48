/**
 * What the admin commands need from the rooms. `node.ts` gives these; names are handles and user names
 * as people type them, times are Unix ms. Methods throw HearthError (NOT_FOUND, EXISTS, NOT_ALLOWED …).
 */
import type { Permission } from '../../spec/permissions.ts'
import type { FederationAdmin, SuccessionAdmin } from './federation-components.ts'

export interface Addresses {
  /** `http://127.0.0.1:8080` */
  readonly http: string
  /** `ws://127.0.0.1:8080/mqtt` */
  readonly webSocket: string
  /** `mqtt://127.0.0.1:1883` */
  readonly mqtt: string
  /** `mqtts://127.0.0.1:8883` */
  readonly mqtts: string
  /** Where other nodes dial; undefined until the node federates. */
  readonly p2p?: string | undefined
  /** The same through a relay, while one carries this node. */
  readonly relayed?: string | undefined
}

export interface Status {
  readonly name: string
  readonly nodeId: string
  readonly version: string
  readonly pid: number
  readonly startedAt: number
  readonly data: string
  readonly addresses: Addresses
  readonly connections: number
  readonly users: number
  readonly servers: number
  readonly channels: number
  /** Entries in the log. */
  readonly entries: number
  readonly memoryBytes: number
  /** How far the hybrid clock is ahead of the wall clock, in ms; it is after the wall clock was set back. */
  readonly clockAheadMs: number
  /** Undefined: all is well. Otherwise why the node refuses writes or reads, and what to do. */
  readonly trouble?: string | undefined
}

/** What a first start made; shown once on the card. */
export interface FirstRun {
  readonly adminInvite: string
  readonly server: string
  readonly channel: string
  /** User name and app token with which the printed mosquitto lines work at once. */
  readonly user: string
  readonly token: string
}

export interface UserRow {
  readonly user: string
  readonly disabled: boolean
  readonly devices: number
  readonly tokens: number
  readonly created: number
}

export interface DeviceRow {
  readonly device: string
  readonly client: string
  readonly firstSeen: number
  readonly lastSeen: number
  readonly address: string
  readonly revoked: number | undefined
}

export interface UsersAdmin {
  list(): Promise<readonly UserRow[]>
  /** `servers`: handles of the servers that the user is a member of. */
  show(user: string): Promise<UserRow & { readonly servers: readonly string[] }>
  /** Without a password one is made and returned. */
  create(input: { user: string; password?: string | undefined }): Promise<{ password?: string | undefined }>
  /** Without a password one is made and returned. */
  setPassword(user: string, password: string | undefined): Promise<{ password?: string | undefined }>
  setDisabled(user: string, disabled: boolean): Promise<void>
  devices(user: string): Promise<readonly DeviceRow[]>
  revokeDevice(user: string, device: string): Promise<void>
}

export interface InviteRow {
  /** Names the invite without being it. */
  readonly id: string
  readonly server: string | undefined
  readonly role: string | undefined
  readonly usesLeft: number
  readonly expires: number
  /** Undefined: the operator of the node. */
  readonly createdBy: string | undefined
}

export interface InvitesAdmin {
  list(): Promise<readonly InviteRow[]>
  /** `server` undefined: the node's first server. */
  create(input: {
    server?: string | undefined
    role?: string | undefined
    uses: number
    expiresInMs: number
    /** The link says where people of other nodes find the server. */
    remote: boolean
    as?: string | undefined
  }): Promise<{ id: string; code: string; link: string; expires: number }>
  revoke(id: string): Promise<void>
}

export interface ServerRow {
  readonly server: string
  readonly id: string
  readonly name: string
  readonly channels: number
  readonly members: number
}

export interface ChannelRow {
  readonly channel: string
  readonly id: string
  readonly name: string
  readonly category: string | undefined
  readonly private: boolean
  readonly archived: boolean
  /** Undefined: for ever. */
  readonly keptDays: number | undefined
}

export interface RoleRow {
  /** Its id: `10-moderator`. */
  readonly role: string
  readonly name: string
  readonly rank: number
  readonly permissions: readonly string[]
}

export interface MemberRow {
  /** User name; the address for somebody of another node. */
  readonly user: string
  readonly name: string
  readonly roles: readonly string[]
  readonly rank: number | undefined
  /** Undefined: may write. */
  readonly timeoutUntil: number | undefined
  readonly banned: boolean
}

/** How far a server is here, and who else has it. */
export interface ReplicationRow {
  /** Other nodes that serve it, and how many of them are connected. */
  readonly nodes: number
  readonly connected: number
  /** Events that are here, and that there are as far as is known. */
  readonly backfill: { readonly done: number; readonly total: number }
  /** The same for people: `whole`, or `12 % of 100000`. */
  readonly history: string
  readonly lagEvents: number
}

/** `as` undefined: the operator of the node, that is the node's own founding member. */
export interface ServersAdmin {
  list(): Promise<readonly ServerRow[]>
  show(server: string): Promise<
    ServerRow & {
      readonly channelList: readonly ChannelRow[]
      readonly roleList: readonly RoleRow[]
      readonly replication: ReplicationRow | undefined
    }
  >
  /** By an invite of this node or another. Resolves when the server can be used; its history comes after. */
  join(
    input: { invite: string; user: string },
    progress?: (progress: Progress) => void,
  ): Promise<{ id: string; server: string; history: string | undefined }>
  leave(input: { server: string; user: string }): Promise<void>
  create(input: { server: string; name?: string | undefined; owner?: string | undefined }): Promise<{ id: string }>
  channels(server: string): Promise<readonly ChannelRow[]>
  createChannel(input: {
    server: string
    channel: string
    name?: string | undefined
    category?: string | undefined
    topic?: string | undefined
    private: boolean
    as?: string | undefined
  }): Promise<{ id: string }>
  archiveChannel(input: { server: string; channel: string; as?: string | undefined }): Promise<void>
  /** `days` undefined: for ever. */
  setRetention(input: {
    server: string
    channel: string
    days: number | undefined
    as?: string | undefined
  }): Promise<void>
  roles(server: string): Promise<readonly RoleRow[]>
  createRole(input: {
    server: string
    role: string
    rank: number
    permissions: readonly Permission[]
    as?: string | undefined
  }): Promise<RoleRow>
  assignRole(input: MemberInput & { role: string }): Promise<void>
  unassignRole(input: MemberInput & { role: string }): Promise<void>
  /** Those who are in, then those who are banned. */
  members(server: string): Promise<readonly MemberRow[]>
  kick(input: MemberInput): Promise<void>
  ban(input: MemberInput & { reason?: string | undefined }): Promise<void>
  unban(input: MemberInput): Promise<void>
  /** `forMs` 0 lifts it. */
  timeout(input: MemberInput & { forMs: number }): Promise<void>
}

export interface MemberInput {
  readonly server: string
  readonly user: string
  readonly as?: string | undefined
}

export interface TokenRow {
  readonly id: string
  readonly user: string
  /** What it is for. */
  readonly name: string
  /** `server/channel` handles; undefined: all that the user sees. */
  readonly channels: readonly string[] | undefined
  readonly send: boolean
  readonly read: boolean
  readonly created: number
  readonly expires: number | undefined
  readonly lastUsed: number | undefined
}

export interface TokensAdmin {
  /** Undefined: of everybody. */
  list(user: string | undefined): Promise<readonly TokenRow[]>
  create(input: {
    user: string
    name: string
    channels?: readonly string[] | undefined
    send: boolean
    read: boolean
    expiresInMs?: number | undefined
  }): Promise<{ id: string; token: string }>
  revoke(id: string): Promise<void>
}

export interface Progress {
  readonly done: number
  readonly total?: number | undefined
  readonly text: string
}

export interface Finding {
  readonly what: string
  /** File, channel, feed, position: whatever locates it. */
  readonly where: string
  /** What to do about it. */
  readonly fix?: string | undefined
}

export interface VerifyReport {
  readonly entries: number
  readonly feeds: number
  readonly findings: readonly Finding[]
}

export interface LogStats {
  readonly entries: number
  readonly channels: number
  readonly feeds: number
  /** On disk. */
  readonly bytes: number
  /** Durable events that no seal covers yet. */
  readonly unsealed: number
}

export interface LogLine {
  readonly position: number
  readonly id: string
  readonly at: number
  readonly server: string
  readonly channel: string
  readonly author: string
  readonly type: string
  readonly text: string
}

/** What can be asked of a log whether its node runs or not. */
export interface LogAdmin {
  verify(options: { progress: (progress: Progress) => void; signal: AbortSignal }): Promise<VerifyReport>
  stats(): Promise<LogStats>
  /** What is wrong without walking everything: high-water mark, lines "dropping" in LevelDB's LOG, heads. */
  quickCheck(): Promise<readonly Finding[]>
}

export interface LogTail {
  /** The last `lines` entries, then, with `follow`, whatever is committed until aborted. */
  tail(options: {
    channel?: string | undefined
    lines: number
    follow: boolean
    signal: AbortSignal
  }): AsyncIterable<LogLine>
}

export interface BackupReport {
  readonly path: string
  readonly bytes: number
  readonly files: number
  readonly position: number
}

export interface BackupAdmin {
  /** Online and consistent; the folder must not exist yet. */
  create(to: string, options: { progress: (progress: Progress) => void; signal: AbortSignal }): Promise<BackupReport>
}

/** What can be asked of the data whether its node runs or not. */
export interface DataAdmin {
  readonly log: LogAdmin
}

/** The rooms of a running node, as the commands see them. */
export interface NodeAdmin extends DataAdmin {
  status(): Promise<Status>
  readonly users: UsersAdmin
  readonly invites: InvitesAdmin
  readonly servers: ServersAdmin
  readonly tokens: TokensAdmin
  readonly log: LogAdmin & LogTail
  readonly backup: BackupAdmin
  readonly federation: FederationAdmin
  readonly succession: SuccessionAdmin
}

/** The data of a node that is down, opened by the command line itself under the folder's lock. */
export interface StoppedNode extends DataAdmin, AsyncDisposable {}

/** What a start says once every door is open. */
export interface Started {
  readonly status: Status
  /** Only at the first start on a data folder. */
  readonly firstRun?: FirstRun | undefined
  /** SHA-256 fingerprint of a certificate that the node made itself. */
  readonly selfSigned?: string | undefined
}

/** A node as `hearth up` holds it. */
export interface HomeNode extends AsyncDisposable {
  /** Throws HearthError (NODE_RUNNING, CONFIG_INVALID, CORRUPT, STORE_FAILED …); nothing stays open then. */
  start(): Promise<Started>
  /** Refuses new work, lets what was accepted reach the disk, seals, and closes. */
  stop(): Promise<void>
}
