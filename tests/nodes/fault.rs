//! What goes wrong between servers, and that nothing is lost.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use testkit::redis::Redis;

use super::Nodes;
use super::story::until_online;
use crate::support::ConnectOptions;

const NEVER: Duration = Duration::from_secs(3_600);

/// Redis ends, comes back empty, and cuts its subscribers.
#[tokio::test]
async fn messages_arrive_while_redis_is_away_and_after_it_is_back() {
    let mut redis = Redis::start();
    let nodes = Nodes::start(2, Some(&redis)).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "redis" })).await;
    let hers = nodes.enter(0, &minji, &room).await;
    let jun = nodes.node(1).guest("jun").await;
    let his = nodes.enter(1, &jun, &room).await;
    let both = async |text: &str| {
        hers.say(&room, text).await;
        his.receives(text).await;
        his.say(&room, &format!("{text} too")).await;
        hers.receives(&format!("{text} too")).await;
    };
    both("with redis").await;
    redis.run("CLIENT KILL TYPE pubsub");
    both("cut").await;
    redis.stop();
    both("away").await;
    redis.resume();
    both("back").await;
    let revs = |client: &crate::support::Client| -> Vec<i64> {
        client.all("message").iter().map(|message| message["rev"].as_i64().unwrap()).collect()
    };
    for revs in [revs(&hers), revs(&his)] {
        assert!(revs.is_sorted_by(|one, next| one < next), "{revs:?}");
    }
}

/// It is frozen, or cut off from the database.
#[tokio::test]
async fn people_of_a_server_that_shows_no_life_are_gone_for_the_others() {
    let mut nodes = Nodes::start(1, None).await;
    nodes.change = Arc::new(|config| config.nodes.as_mut().unwrap().heartbeat = NEVER);
    nodes.add().await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "kill" })).await;
    let hers = nodes.enter(0, &minji, &room).await;
    let jun = nodes.node(1).guest("jun").await;
    let _his = nodes.enter(1, &jun, &room).await;
    hers.take("join").await;
    assert_eq!(hers.take("exit").await["user"]["id"], jun.id);
    // He comes back by the other server and resumes.
    let rev = hers.say(&room, "missed").await["rev"].as_i64().unwrap();
    let his = nodes.node(0).open_socket(ConnectOptions::of(&jun).room(&room).auth("since", rev - 1)).await;
    assert_eq!(his.take("joined").await["messages"][0]["text"], "missed");
}

#[tokio::test]
async fn a_server_that_restarts_knows_who_is_connected_to_the_others() {
    let redis = Redis::start();
    let mut nodes = Nodes::start(2, Some(&redis)).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "restart" })).await;
    let hers = nodes.enter(0, &minji, &room).await;
    nodes.apps[1].restart().await;
    let jun = nodes.node(1).guest("jun").await;
    let his = nodes.enter(1, &jun, &room).await;
    hers.take("join").await;
    until_online(&his, &room, 2).await;
}

/// A server that was away for longer than facts are kept.
#[tokio::test]
async fn a_server_that_missed_facts_lets_its_clients_load_the_present_state() {
    let nodes = Nodes::start(2, None).await;
    let minji = nodes.node(0).guest("minji").await;
    let room = nodes.node(0).room(&minji, json!({ "title": "gap" })).await;
    let hers = nodes.enter(0, &minji, &room).await;
    // The next facts are removed before anybody reads them.
    nodes.database.run(
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN UPDATE published_facts SET number = number + 5 WHERE number = NEW.number; RETURN NULL; END $$;
         CREATE TRIGGER forget AFTER INSERT ON published_facts FOR EACH ROW EXECUTE FUNCTION forget();",
    );
    nodes.node(1).call(&minji, "PATCH", &format!("/rooms/{}", room.id), json!({ "title": "other" })).await.is(200);
    nodes.database.run("DROP TRIGGER forget ON published_facts");
    hers.take("close").await;
    let again = nodes.enter(0, &minji, &room).await;
    again.say(&room, "here again").await;
    again.receives("here again").await;
}
