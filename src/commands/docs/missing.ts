/**
 * What Redis 7.2 has and this version has not: the names of its commands, by group.
 *
 * Only the documentation reads this list; its spec fails when a name is in the table as well, or when both together are
 * not as many as Redis has. A command that is added to the table is therefore removed here in the same commit.
 *
 * @since 0.1.0
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Commands and subcommands of Redis 7.2, those of Sentinel included. */
export const REDIS_COMMANDS = 392;

/** Full names as the table writes them, "config|get" for a subcommand. */
export const MISSING_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  bitmap: words(`
    bitcount bitfield bitfield_ro bitop bitpos getbit setbit
  `),
  cluster: words(`
    asking cluster cluster|addslots cluster|addslotsrange cluster|bumpepoch cluster|count-failure-reports
    cluster|countkeysinslot cluster|delslots cluster|delslotsrange cluster|failover cluster|flushslots
    cluster|forget cluster|getkeysinslot cluster|help cluster|info cluster|keyslot cluster|links cluster|meet
    cluster|myid cluster|myshardid cluster|nodes cluster|replicas cluster|replicate cluster|reset
    cluster|saveconfig cluster|set-config-epoch cluster|setslot cluster|shards cluster|slaves cluster|slots
    readonly readwrite
  `),
  connection: words(`
    client|caching client|getredir client|pause client|tracking client|trackinginfo client|unpause
  `),
  generic: words(`
    migrate
  `),
  geo: words(`
    geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch
    geosearchstore
  `),
  hyperloglog: words(`
    pfadd pfcount pfdebug pfmerge pfselftest
  `),
  pubsub: words(`
    psubscribe publish pubsub pubsub|channels pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels
    pubsub|shardnumsub punsubscribe spublish ssubscribe subscribe sunsubscribe unsubscribe
  `),
  scripting: words(`
    eval eval_ro evalsha evalsha_ro fcall fcall_ro function function|delete function|dump function|flush
    function|help function|kill function|list function|load function|restore function|stats script script|debug
    script|exists script|flush script|help script|kill script|load
  `),
  sentinel: words(`
    sentinel sentinel|ckquorum sentinel|config sentinel|debug sentinel|failover sentinel|flushconfig
    sentinel|get-master-addr-by-name sentinel|help sentinel|info-cache sentinel|is-master-down-by-addr
    sentinel|master sentinel|masters sentinel|monitor sentinel|myid sentinel|pending-scripts sentinel|remove
    sentinel|replicas sentinel|reset sentinel|sentinels sentinel|set sentinel|simulate-failure sentinel|slaves
  `),
  server: words(`
    acl acl|cat acl|deluser acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|load acl|log acl|save
    acl|setuser acl|users acl|whoami failover latency latency|doctor latency|graph latency|help
    latency|histogram latency|history latency|latest latency|reset module module|help
    module|list module|load module|loadex module|unload monitor slowlog slowlog|get slowlog|help slowlog|len slowlog|reset
  `),
  stream: words(`
    xack xadd xautoclaim xclaim xdel xgroup xgroup|create xgroup|createconsumer xgroup|delconsumer
    xgroup|destroy xgroup|help xgroup|setid xinfo xinfo|consumers xinfo|groups xinfo|help xinfo|stream xlen
    xpending xrange xread xreadgroup xrevrange xsetid xtrim
  `),
};
