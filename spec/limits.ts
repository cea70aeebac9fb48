/** Every limit of Hearth in one place (LIMIT-1, LIMIT-2). Units last. */
export const limits = {
  /** A chat text, counted in Unicode code points. */
  textCharsMax: 2_000,
  /** A packet, a JSON document or a frame body from a client after CONNECT. */
  packetBytesMax: 64 * 1024,
  /** The first packet of a connection (CONNECT). */
  connectPacketBytesMax: 4 * 1024,
  /** Nesting of a JSON document or a CBOR item from outside. */
  jsonDepthMax: 16,
  /** Time between TCP accept and a whole CONNECT. */
  connectTimeoutMs: 5_000,
  /** Time until the headers of an HTTP request are in. */
  httpHeaderTimeoutMs: 10_000,
  /** Connections that have not logged in yet, from one address. */
  preAuthPerAddressMax: 32,
  /** Output that a client has not taken yet; past it the client is cut off. */
  backlogBytesMax: 4 * 1024 * 1024,
  /** How long output may wait for a client that does not read. */
  backlogStallMs: 5_000,
  filtersPerSubscribeMax: 20,
  filtersPerConnectionMax: 500,
  topicBytesMax: 512,
  topicLevelsMax: 16,
  qos2InFlightMax: 100,
  sessionExpirySeconds: 7 * 24 * 3600,
  devicesPerUserMax: 20,
  /** Keys that the devices of a user have or had (SIGN-5). */
  keysPerUserMax: 64,
  /** Members of other nodes whose keys are remembered (SIGN-6). */
  authorKeysKeptMax: 10_000,
  /** After so long their node is asked again. */
  authorKeysAgeMs: 600_000,
  /** Between two questions about one member that a reader wishes. */
  authorKeysAgainMs: 1_000,
  tokensPerUserMax: 100,
  /** Failed logins in a minute for one pair of account and address. */
  loginFailuresPerMinuteMax: 5,
  /** Failed logins in a minute from one address, whatever the accounts. */
  loginFailuresPerAddressMax: 20,
  /** The longest wait after failed logins; it doubles up to here. */
  loginWaitMsMax: 15 * 60 * 1000,
  /** Logins of one address, and of all together, that wait for a password hash. */
  passwordsWaitingPerAddressMax: 64,
  passwordsWaitingMax: 512,
  /** Invites that do not exist, tried from one address in a minute. */
  inviteFailuresPerMinuteMax: 10,
  /** Invites of one user that still work. */
  invitesPerUserMax: 100,
  inviteUsesMax: 10_000,
  inviteExpiryMs: 7 * 24 * 3600 * 1000,
  /** A device that nobody saw for this long, without a key or a token, makes room for a new one. */
  deviceUnseenMs: 30 * 24 * 3600 * 1000,
  /** A login ticket: how old, and how far ahead of the node's clock. */
  ticketAgeMsMax: 60_000,
  ticketAheadMsMax: 5_000,
  /** A used ticket is remembered for this long after it ran out: a clock set back by less lets it in no second time. */
  ticketKeptMs: 3_600_000,
  /** Password hashes computed at a time. */
  passwordHashesAtATime: 2,
  passwordCharsMin: 8,
  passwordCharsMax: 256,
  pageSizeMax: 200,
  pageSizeDefault: 50,
  clientMessageIdBytesMax: 64,
  nameCharsMax: 80,
  handleCharsMax: 32,
  /** Mentions in one message. */
  mentionsMax: 50,
  /** A reaction in UTF-8. */
  emojiBytesMax: 64,
  /** Different emoji on one message. */
  reactionsPerMessageMax: 20,
  /** The image of a custom emoji. */
  emojiImageBytesMax: 32 * 1024,
  emojiPerServerMax: 100,
  editsPerMessageMax: 100,
  pinsPerChannelMax: 50,
  /** Answers in a thread up to which they are counted. */
  threadRepliesCountedMax: 1_000,
  threadsFollowedMax: 1_000,
  /** Events that one page of history looks at. */
  historyScanMax: 2_000,
  /** Deletes that wait for their message, or for the right to it, and are kept in memory; the others are read from the log. */
  deletesWaitingMax: 10_000,
  channelsPerServerMax: 500,
  /** People in a group DM, its owner too. */
  peoplePerGroupMax: 20,
  /** Groups that one user is in. */
  groupsPerUserMax: 200,
  friendsPerUserMax: 1_000,
  /** Friend requests that wait for one user's answer, and that one user waits for. */
  friendRequestsMax: 200,
  blocksPerUserMax: 1_000,
  /** Events about who takes part in one conversation. */
  conversationActsMax: 2_000,
  serversPerNodeMax: 1_000,
  /** Servers that one user founded. */
  serversPerUserMax: 20,
  rolesPerServerMax: 100,
  rolesPerMemberMax: 20,
  /** A rank is a number from 0 (founders) to this; the lower number stands above. */
  rankMax: 65_535,
  foundersMax: 16,
  guardiansMax: 16,
  quotedEventsMax: 512,
  /** Feeds in one revocation; more go into further ones, which add up (GOV-11). */
  cutsPerRevokeMax: 4_096,
  /** How long a channel may keep its messages, unless for ever (FEED-8). */
  retentionDaysMax: 3_650,
  /** Topic of a channel. */
  topicCharsMax: 1_000,
  /** Why somebody was banned. */
  reasonCharsMax: 200,
  timeoutMaxMs: 28 * 24 * 3600 * 1000,
  /** Events that are ahead of the local clock by more than this are held. */
  clockAheadMaxMs: 60_000,
  /** Bytes of one event (header, salt, body). */
  eventBytesMax: 128 * 1024,
  /** One frame between nodes. */
  frameBytesMax: 1024 * 1024,
  /** From a new connection between nodes to its HELLO. */
  helloTimeoutMs: 10_000,
  /** Connections of nodes that have not said who they are. */
  helloWaitingMax: 64,
  /** Other nodes that are remembered. */
  peerRecordsMax: 10_000,
  /** Hot keys that one node has had. */
  certificatesPerNodeMax: 64,
  /** What one peer may send, per second and at once; then it is read more slowly. */
  peerBytesPerSecond: 64 * 1024 * 1024,
  peerBytesBurst: 256 * 1024 * 1024,
  peerEventsPerSecond: 100_000,
  peerEventsBurst: 400_000,
  /** Requests of one peer that are answered at a time. */
  peerRequestsMax: 8,
  /** From a call of a peer to its answer. */
  nodeCallTimeoutMs: 15_000,
  nodeCallAnswerBytesMax: 512 * 1024,
  /** Memory held for one peer. */
  peerHeldBytesMax: 32 * 1024 * 1024,
  /** Points of misbehaviour at which a peer is cut off; one drains every second. */
  peerFaultsMax: 100,
  /** A peer that is over its budget for so long without a pause is cut off. */
  peerThrottledMaxMs: 15 * 60 * 1000,
  /** How long a peer stays cut off: the first time, and at most; it doubles. */
  peerCutOffMs: 60_000,
  peerCutOffMaxMs: 3_600_000,
  /** Between two PINGs, and without a sign of life until the connection is given up. */
  peerPingMs: 15_000,
  peerSilenceMaxMs: 45_000,
  /** Between two attempts to reach a peer: the first, and at most; it doubles, and is spread by half. */
  peerRetryMs: 500,
  peerRetryMaxMs: 60_000,
  /** The highest count of unread messages that is shown as a number (INBOX-4). */
  unreadShownMax: 999,
  /** Arrivals of a channel that are looked at for its counts. */
  unreadWindowMax: 1_000,
  /** Events that one `unread.list` reads from disk, about. */
  unreadReadsMax: 20_000,
  /** Between two messages with counts to one person. */
  unreadUpdateMs: 500,
  /** Entries in one person's inbox; the oldest go. */
  inboxItemsMax: 1_000,
  /** Places with a notification setting of one person. */
  notifySettingsMax: 2_000,
  /** The text beside a person's status. */
  statusTextCharsMax: 128,
  /** After the last connection of a person, until others are told. */
  presenceLeaveMs: 3_000,
  /** Deliveries of presence that a node makes in a second, if everybody who is here watches everybody; at least 20 changes. */
  presenceDeliveriesPerSecond: 100_000,
  /** After a node is gone or has come back, until those of its people of whom nothing was heard since are offline. */
  presenceLeaseMs: 15_000,
  /** People of one other node, and of all, whose presence is kept; of more it is not known. */
  presencePeopleOfNodeMax: 5_000,
  presencePeopleAwayMax: 20_000,
  /** Retained topics of a node: of its own people, and of those. */
  presenceTopicsMax: 30_000,
  /** People told of to another node at once, and the pause until the next. */
  presenceToldAtOnceMax: 128,
  presenceToldMs: 100,
  /** Between two answers to a node that asks to be told anew. */
  presenceAskedMs: 10_000,
  /** Names of friends and of those who see nothing, in one whisper. */
  presenceNamesMax: 100,
  /** Whispers that a peer has not taken yet. */
  whispersWaitingMax: 256,
  /** Between two whispers that one member types in one channel. */
  typingToldMs: 1_000,
  /** Typing that is taken from one node in a second, and five times as much at once. */
  typingPerPeerPerSecond: 100,
  /** Profiles of people of other nodes that are kept. */
  profilesAwayMax: 1_000,
  /** So long one is shown before its node is asked again, unless the node says that it has changed. */
  profileFreshMs: 3_600_000,
  /** Profiles that one node is asked for at a time, and that wait for it. */
  profileFetchesMax: 2,
  profileFetchesWaitingMax: 64,
  /** Calls of one user in a second, on average and at once; past it RATE_LIMITED. */
  callsPerSecond: 100,
  callsBurst: 2_000,
  /** Channels whose topics are kept ready. */
  topicsKeptMax: 20_000,
  aboutCharsMax: 500,
  pronounsCharsMax: 40,
  /** Image of a person, PNG, JPEG or WebP. */
  avatarBytesMax: 32 * 1024,
  avatarPixelsMax: 1_024,
  /** Profile changes at once, and a minute until one more is allowed: each can be an event in every server. */
  profileChangesBurst: 10,
  /** Siblings in the path of a seal: a flush of at most 65,536 feeds. */
  sealPathMax: 16,
} as const
