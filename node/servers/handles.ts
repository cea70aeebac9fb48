import type { Handle, ServerId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { ServerHandles } from './servers.ts'

export type NameServer = (server: ServerId, handle: Handle, isTaken: (handle: Handle) => boolean) => Handle

/**
 * What servers are called on this node. A server keeps its handle unless another one has it here: then it gets a suffix, and
 * keeps that, since people subscribe topics by it.
 */
export const nameServers =
  (handles: ServerHandles | undefined): NameServer =>
  (server, handle, isTaken) => {
    const known = handles?.get(server)
    if (known !== undefined) return known
    const given = isTaken(handle) ? suffixed(handle, server) : handle
    if (given !== handle) handles?.put(server, given)
    return given
  }

/** By the server's id, so that two nodes with the same servers call them alike where they can. */
const suffixed = (handle: Handle, server: ServerId): Handle =>
  `${handle.slice(0, limits.handleCharsMax - suffixChars - 1)}-${server.slice(0, suffixChars)}` as Handle

const suffixChars = 6
