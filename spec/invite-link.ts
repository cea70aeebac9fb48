/** Invites as people pass them on (spec/accounts.md ACC-47 to ACC-49). */
import { HearthError } from './errors.ts'
import { isNodeId, isServerId } from './identifiers.ts'
import type { NodeId, ServerId } from './ids.ts'

export interface InviteLink {
  /** `hi_…` */
  readonly code: string
  /** Where the server is, for people of other nodes. Undefined: the invite is for whoever has it from its own node. */
  readonly home:
    | {
        readonly server: ServerId
        /** The node that made the invite: nobody else answers for it. */
        readonly nodeId: NodeId
        /** Multiaddrs under which it can be reached; at least one. */
        readonly addresses: readonly string[]
      }
    | undefined
}

/** `base`: what stands before the `#`; `hearth://join` for a link that no browser opens. */
export const formatInviteLink = (base: string, { code, home }: InviteLink): string => {
  if (home === undefined) return `${base}#${code}`
  const at = home.addresses.slice(0, addressesMax).map((address) => `&at=${encodeURIComponent(address)}`)
  return `${base}#${code}&server=${home.server}&node=${home.nodeId}${at.join('')}`
}

/** A link, or the code alone. Throws BAD_REQUEST, saying what an invite looks like. */
export const parseInviteLink = (text: string): InviteLink => {
  const trimmed = text.trim()
  if (trimmed.length > linkCharsMax) throw malformed()
  const hash = trimmed.indexOf('#')
  // ACC-47
  if (hash >= 0 && !/^(?:https?:\/\/[^/?#]+\/join|hearth:\/\/join)\/?$/.test(trimmed.slice(0, hash))) throw malformed()
  const [code = '', ...parts] = trimmed.slice(hash + 1).split('&')
  if (!codePattern.test(code)) throw malformed()
  return { code, home: readHome(parts) }
}

const readHome = (parts: readonly string[]): InviteLink['home'] => {
  const values = (name: string): string[] =>
    parts.flatMap((part) => (part.startsWith(`${name}=`) ? [decoded(part.slice(name.length + 1))] : []))
  const [servers, nodes, addresses] = [values('server'), values('node'), values('at')]
  if (servers.length + nodes.length + addresses.length === 0) return undefined
  const [server, ...moreServers] = servers
  const [nodeId, ...moreNodes] = nodes
  const isWhole = moreServers.length + moreNodes.length === 0 && addresses.length > 0
  if (!isWhole || !isServerId(server) || !isNodeId(nodeId)) throw malformed()
  if (addresses.length > addressesMax || !addresses.every((address) => addressPattern.test(address))) throw malformed()
  return { server, nodeId, addresses }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw malformed(cause)
  }
}

const malformed = (cause?: unknown): HearthError =>
  new HearthError(
    'BAD_REQUEST',
    'an invite is hi_… or a link that ends in /join#hi_… or begins with hearth://join#hi_…',
    {
      cause,
    },
  )

const codePattern = /^hi_[a-z2-7]{26}$/
const addressPattern = /^\/[\x21-\x7e]{1,512}$/
const addressesMax = 8
const linkCharsMax = 8_192
