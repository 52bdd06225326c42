#include "store/sqlite/spending.hpp"

namespace skein::store {

Account query_account(Connection& db, const std::string& account) {
  Account out;
  {
    Query query(db, "SELECT tokens, nano_dollars FROM accounts WHERE account=?", account);
    if (query.next()) out.settled = {.tokens = query.number(0), .nano_dollars = query.number(1)};
  }
  Query query(db, "SELECT coalesce(sum(tokens), 0), coalesce(sum(nano_dollars), 0) FROM reservations WHERE account=?", account);
  if (query.next()) out.reserved = {.tokens = query.number(0), .nano_dollars = query.number(1)};
  return out;
}

Reserved reserve_charge(Connection& db, const std::string& account, const std::string& key, Charge most, ChargeLimits limits) {
  Reserved out{.granted = false, .before = query_account(db, account)};
  {
    Query query(db, "SELECT 1 FROM reservations WHERE account=? AND key=?", account, key);
    if (query.next()) {
      out.granted = true;
      return out;
    }
  }
  if (!fits(out.before, most, limits)) return out;
  Query(db, "INSERT INTO reservations(account, key, tokens, nano_dollars) VALUES(?,?,?,?)", account, key, most.tokens, most.nano_dollars)
      .run();
  out.granted = true;
  return out;
}

Settled settle_charge(Connection& db, const std::string& account, const std::string& key, Charge spent) {
  Settled out{.before = query_account(db, account).settled, .after = {}};
  Query(db, "DELETE FROM reservations WHERE account=? AND key=?", account, key).run();
  Query(db,
        "INSERT INTO accounts(account, tokens, nano_dollars) VALUES(?,?,?) ON CONFLICT(account) DO UPDATE SET "
        "tokens=tokens+excluded.tokens, nano_dollars=nano_dollars+excluded.nano_dollars",
        account, spent.tokens, spent.nano_dollars)
      .run();
  out.after = {.tokens = out.before.tokens + spent.tokens, .nano_dollars = out.before.nano_dollars + spent.nano_dollars};
  return out;
}

std::uint64_t count_accounts(Connection& db, const std::string& first, const std::string& end) {
  Query query(db,
              "SELECT count(*) FROM (SELECT account FROM accounts WHERE account>=?1 AND account<?2 UNION "
              "SELECT account FROM reservations WHERE account>=?1 AND account<?2)",
              first, end);
  return query.next() ? query.number(0) : 0;
}

void drop_accounts(Connection& db, const std::string& first, const std::string& end) {
  Query(db, "DELETE FROM reservations WHERE account>=? AND account<?", first, end).run();
  Query(db, "DELETE FROM accounts WHERE account>=? AND account<?", first, end).run();
}

}  // namespace skein::store
