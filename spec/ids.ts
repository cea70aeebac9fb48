/**
 * Identifiers (spec/identifiers.md). In code an identifier is its text form, branded; the
 * codecs in `spec/event.ts` turn it into bytes and back at the edge of the log.
 */
declare const brand: unique symbol
type Brand<B extends string> = string & { readonly [brand]: B }

/** ID-1: base32 (RFC 4648, lower case, no padding) of a node's 32-byte cold root Ed25519 public key. */
export type NodeId = Brand<'NodeId'>
/** ID-2: base32 of the SHA-256 of the header bytes of the server's genesis event. */
export type ServerId = Brand<'ServerId'>
/** ID-3: id of the channel's create event as UUID text; a server's governance channel has a random one. */
export type ChannelId = Brand<'ChannelId'>
/** ID-4: UUIDv7 text (RFC 9562): 48-bit hybrid-clock ms, 12-bit counter, 62 bits of hash of the feed. */
export type EventId = Brand<'EventId'>
/** ID-5: base32 of SHA-256(nodeId bytes, channelId bytes, epoch bytes)[:16]. */
export type FeedId = Brand<'FeedId'>
/** ID-6: base32 of 16 random bytes: a person within one server. All zero: the node itself. */
export type MemberId = Brand<'MemberId'>
/** ID-7: `[a-z0-9]` then up to 31 of `[a-z0-9._-]`: the local part of `alice@home.example`. */
export type UserName = Brand<'UserName'>
/** ID-8: same alphabet as a user name: fixed handle of a server or a channel, used in topics. */
export type Handle = Brand<'Handle'>
/** ID-9: names a device of a user: `[A-Za-z0-9._-]{1,64}`; over MQTT it is the client id. */
export type DeviceId = Brand<'DeviceId'>
