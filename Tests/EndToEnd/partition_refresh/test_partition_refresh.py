"""`partition_refresh` adds new partitions in each mode and by each trigger, and deletes a message only when it is done."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from support import event_delivery
from support.alerter_stack import metrics, reason
from support.emulator import Invocation
from support.partition_refresh_stack import HANDLER, PartitionRefreshStack

MODES = ["glue", "add_partition", "repair"]
HOURS = ["2024-03-05-13", "2024-03-05-14"]


def nonzero(counted: Dict[str, int]) -> Dict[str, int]:
    return {name: value for name, value in counted.items() if value}


def assert_adds_up(counted: Dict[str, int]) -> None:
    objects = {name: value for name, value in counted.items() if name.startswith("Objects") and name != "Objects"}
    assert counted["Objects"] == sum(objects.values()), counted
    partitions = {name: value for name, value in counted.items() if name.startswith("Partitions") and name != "Partitions"}
    assert counted["Partitions"] == sum(partitions.values()), counted


def good(invocation: Invocation) -> Dict[str, int]:
    assert invocation.succeeded, invocation.error
    counted = metrics(invocation)
    assert_adds_up(counted)
    return nonzero(counted)


def by(refresh: PartitionRefreshStack, trigger: str) -> List[Invocation]:
    """Lets the handler process the queue."""
    if trigger == "schedule":
        return [refresh.tick()]
    delivery = refresh.queue().drain()
    assert delivery.returned == 0
    return delivery.invocations


# The whole process


@pytest.mark.parametrize("trigger", ["schedule", "queue"])
@pytest.mark.parametrize("mode", MODES)
def test_new_partitions_are_added_to_their_table(refresh: PartitionRefreshStack, mode: str, trigger: str) -> None:
    refresh.configure("alerts", refresh_mode=mode)
    refresh.create_table("alerts")
    refresh.notify()
    refresh.put(*(f"alerts/dt={hour}/{part}.json" for hour in HOURS for part in "ab"))
    assert refresh.count() == 5  # S3 has sent its test message, too.
    counted: Dict[str, int] = {}
    for invocation in by(refresh, trigger):
        for name, value in good(invocation).items():
            counted[name] = counted.get(name, 0) + value
    expected = {(hour,): refresh.location(f"alerts/dt={hour}/") for hour in HOURS}
    assert refresh.partitions("alerts") == expected and refresh.count() == 0
    assert counted["ObjectsSkippedTestMessage"] == 1 and counted["Messages"] == 5
    # Objects in known partitions take no call.
    refresh.aws.reset_calls()
    refresh.put(f"alerts/dt={HOURS[0]}/later.json")
    assert sum(good(one).get("ObjectsInKnownPartitions", 0) for one in by(refresh, trigger)) == 1
    assert not [call for call in refresh.aws.calls() if call.startswith(("glue", "athena"))] and refresh.count() == 0
    # A cold start has an empty cache, and repeating a message changes nothing.
    refresh.alerter.stop()
    refresh.put(f"alerts/dt={HOURS[1]}/last.json")
    for invocation in by(refresh, trigger):
        good(invocation)
    assert refresh.partitions("alerts") == expected and refresh.count() == 0


def test_partitions_are_stored_as_their_table_is(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("alerts")
    refresh.send(refresh.created("alerts/dt=2024-03-05-13/a.json"))
    assert good(refresh.tick())["PartitionsCreated"] == 1
    [partition] = refresh.described_partitions("alerts")
    location = refresh.location("alerts/dt=2024-03-05-13/")
    assert partition["StorageDescriptor"] == {**refresh.storage("alerts"), "Location": location}


@pytest.mark.check
def test_a_backlog_is_processed_a_hundred_messages_at_a_time(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t", [("n", "string")])
    refresh.configure("t", layouts=["n={}"])
    refresh.send(*(refresh.created(f"t/n={number}/a") for number in range(120)))
    refresh.aws.reset_calls()
    counted = good(refresh.tick())
    assert counted == {
        **dict.fromkeys(["Messages", "MessagesDeleted", "Objects", "ObjectsInNewPartitions"], 120),
        **dict.fromkeys(["Partitions", "PartitionsCreated"], 120),
    }
    calls = refresh.aws.calls()
    # A round can be smaller than a hundred when receiving is slow.
    assert calls["sqs.ReceiveMessage"] == 13 and 12 <= calls["sqs.DeleteMessageBatch"] <= 14
    assert calls["glue.GetDatabase"] == 1 and 2 <= calls["glue.GetTable"] == calls["glue.BatchCreatePartition"] <= 4
    assert len(refresh.partitions("t")) == 120 and refresh.count() == 0


def test_many_partitions_of_one_message_are_added_a_hundred_at_a_time(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t", [("n", "int")])
    refresh.configure("t", layouts=["n={}"])
    event = event_delivery.through_sqs(refresh.created(*(f"t/n={number}/a" for number in range(250))))
    refresh.aws.reset_calls()
    good(refresh.alerter.handler(HANDLER).invoke(event))
    assert len(refresh.partitions("t")) == 250 and refresh.aws.calls()["glue.BatchCreatePartition"] == 3


def test_a_repair_finds_partitions_without_a_notification(refresh: PartitionRefreshStack) -> None:
    refresh.configure("t", refresh_mode="repair")
    refresh.create_table("t")
    refresh.put("t/dt=2024-01-01-01/told", "t/dt=2024-01-01-02/not-told")
    refresh.send(refresh.created("t/dt=2024-01-01-01/told"))
    assert good(refresh.tick())["PartitionsRepaired"] == 1
    assert sorted(refresh.partitions("t")) == [("2024-01-01-01",), ("2024-01-01-02",)]


@pytest.mark.check
def test_an_invocation_makes_as_many_rounds_as_its_time_allows(refresh: PartitionRefreshStack) -> None:
    """Receiving is slow, and the time ends between two rounds: every received message is processed."""
    count = 120
    refresh.alerter.timeout_seconds = 15
    refresh.create_table("t", [("n", "string")])
    refresh.configure("t", layouts=["n={}"], timeout=15)
    refresh.send(*(refresh.created(f"t/n={number}/a") for number in range(count)))
    refresh.aws.reset_calls()
    refresh.aws.arm({"operation": "sqs.ReceiveMessage", "kind": "delay", "delay": 1.2, "times": 99})
    invocation = refresh.tick()
    # Lambda would have ended it at its timeout.
    counted = good(invocation)
    assert [line["message"] for line in invocation.logs if line.get("level") == "WARN"] == [
        "time ran out; the remaining messages wait for the next round"
    ]
    done = counted["MessagesDeleted"]
    calls = refresh.aws.calls()
    assert calls["glue.BatchCreatePartition"] >= 2 and done == 10 * calls["sqs.ReceiveMessage"] < count
    assert len(refresh.partitions("t")) == done and refresh.count() == count - done and refresh.count_invisible() == 0
    refresh.aws.arm()
    good(refresh.tick())
    assert len(refresh.partitions("t")) == count and refresh.count() == 0


def test_an_empty_queue_takes_no_call_to_another_service(refresh: PartitionRefreshStack) -> None:
    refresh.aws.reset_calls()
    assert good(refresh.tick()) == {}
    assert set(refresh.aws.calls()) == {"sqs.ReceiveMessage"}


def test_an_object_is_found_in_every_event_format(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    keys = [f"t/dt=2024-01-01-0{number}/a b=c.json" for number in range(6)]
    refresh.send(refresh.created(keys[0]), event_delivery.sns_notification(refresh.created(keys[1])))
    refresh.send(event_delivery.event_bridge_object_created(refresh.bucket, keys[2], 2))
    good(refresh.tick())
    assert refresh.count() == 0
    function = refresh.alerter.handler(HANDLER)
    for event in (
        refresh.created(keys[3]),
        event_delivery.event_bridge_object_created(refresh.bucket, keys[4], 2),
        event_delivery.through_sns(refresh.created(keys[5])),
    ):
        good(function.invoke(event))
    assert [values for values, in sorted(refresh.partitions("t"))] == [f"2024-01-01-0{number}" for number in range(6)]


# Keys


def test_the_usual_layouts_are_known_without_settings(refresh: PartitionRefreshStack) -> None:
    for table, folder in (("cloudtrail", "parquet/cloudtrail"), ("osquery", "osquery")):
        refresh.create_table(table, folder=folder)
    refresh.send(refresh.created("parquet/cloudtrail/dt=2024-03-05-14/a.parquet", "osquery/2024/03/05/14/a.gz"))
    good(refresh.tick())
    assert refresh.partitions("cloudtrail") == {("2024-03-05-14",): refresh.location("parquet/cloudtrail/dt=2024-03-05-14/")}
    assert refresh.partitions("osquery") == {("2024-03-05-14",): refresh.location("osquery/2024/03/05/14/")}


@pytest.mark.parametrize("mode", ["glue", "add_partition"])
def test_columns_follow_the_order_of_the_table(refresh: PartitionRefreshStack, mode: str) -> None:
    refresh.create_table("t", [("month", "int"), ("year", "string")], folder="deep/t/")
    refresh.configure({"table": "T", "layouts": ["year={}/month={MM}"]}, refresh_mode=mode)
    refresh.send(refresh.created("deep/t/year=2024/month=03/deeper/a"))
    good(refresh.tick())
    assert refresh.partitions("t") == {("03", "2024"): refresh.location("deep/t/year=2024/month=03/")}


def test_objects_that_are_not_data_are_skipped_and_counted(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.send(
        refresh.created("t/dt=2024-01-01-01/", "t/dt=2024-01-01-01_$folder$", "t/_temporary/dt=2024-01-01-01/a"),
        refresh.created("t/dt=2024-01-01-01/_SUCCESS", "t/dt=2024-01-01-01/.hidden"),
        refresh.created("t/2024-01-01/a", "2017/08/26/14/x", "dt=2024-01-01-01/x"),
        refresh.created("t/dt=2024-01-01-01/a", bucket="of-another-account"),
        event_delivery.s3_test_event(refresh.bucket),
        {"Records": [{"eventSource": "aws:sns", "Sns": {}}, {"eventName": "x", "dynamodb": {}}]},
        event_delivery.object_created_event(refresh.bucket, "t/dt=2024-01-01-01/a", 1, "ObjectRemoved:Delete"),
        {"Records": []},
    )
    invocation = refresh.tick()
    assert good(invocation) == {
        "Messages": 8,
        "MessagesDeleted": 8,
        "Objects": 13,
        "ObjectsSkippedHidden": 5,
        "ObjectsSkippedOtherLayout": 3,
        "ObjectsSkippedUnknownBucket": 1,
        "ObjectsSkippedTestMessage": 1,
        "ObjectsSkippedNotOfS3": 2,
        "ObjectsSkippedNotCreated": 1,
    }
    assert refresh.partitions("t") == {} and refresh.count() == 0
    told = [(line["level"], line["bucket"]) for line in invocation.logs if "bucket" in line]
    assert told == [("ERROR", "of-another-account"), ("WARN", refresh.bucket)]


def test_keys_of_another_layout_are_logged_once_for_each_bucket(refresh: PartitionRefreshStack) -> None:
    """Also when metrics are off, and after several rounds."""
    refresh.create_table("t")
    buckets = {refresh.bucket: "data", "other": {"table": "t", "layouts": ["day={dd}"]}, "good": "t"}
    refresh.configure(enable_custom_metrics=False, buckets=buckets)
    forged = 'a\n{"level":"INFO","message":"forged"}\r/' + "x" * 2000
    refresh.send(refresh.created("t/2024/a", forged), refresh.created(forged, "day=32/a", bucket="other"))
    refresh.send(*(refresh.created(f"t/{number}/a") for number in range(110)), refresh.created("t/dt=2024-01-01-01/a"))
    invocation = refresh.tick()
    assert invocation.succeeded, invocation.error
    warnings = [line for line in invocation.logs if line.get("level") == "WARN"]
    assert {line["message"] for line in warnings} == {"keys fit no layout of their bucket"}
    told = {line["bucket"]: line["count"] for line in warnings}
    assert told == {refresh.bucket: 112, "other": 2} and len(warnings) == 2
    [example] = [line["example"] for line in warnings if line["bucket"] == "other"]
    assert example == forged[: len(example)] and len(example.encode()) == 1024
    assert all(line.startswith("{") for line in invocation.log_lines if "forged" in line)
    assert len(refresh.partitions("t")) == 1 and refresh.count() == 0


def test_a_folder_above_the_tables_is_not_a_table(refresh: PartitionRefreshStack) -> None:
    """A key without its table is skipped and logged; it does not become a dead letter for a table `parquet`."""
    refresh.create_table("t", folder="parquet/t")
    refresh.send(refresh.created("parquet/dt=2024-01-01-05/x", "parquet/2024/01/01/05/x"))
    refresh.send(refresh.created("parquet/t/dt=2024-01-01-06/x"))
    invocation = refresh.tick()
    assert good(invocation)["ObjectsSkippedOtherLayout"] == 2 and refresh.count() == 0
    assert [line["example"] for line in invocation.logs if "example" in line] == ["parquet/dt=2024-01-01-05/x"]
    assert refresh.partitions("t") == {("2024-01-01-06",): refresh.location("parquet/t/dt=2024-01-01-06/")}
    # Where the bucket has one table, it is a folder like any other.
    refresh.create_table("alone", folder="parquet")
    refresh.configure("alone")
    refresh.send(refresh.created("parquet/dt=2024-01-01-05/x"))
    good(refresh.tick())
    assert refresh.partitions("alone") == {("2024-01-01-05",): refresh.location("parquet/dt=2024-01-01-05/")}


def test_a_message_with_two_records_is_deleted_once(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.send(refresh.created("t/dt=2024-01-01-01/a", "t/dt=2024-01-01-01/b"), refresh.created("t/dt=2024-01-01-02/a"))
    counted = good(refresh.tick())
    assert (counted["Objects"], counted["Partitions"], counted["MessagesDeleted"]) == (3, 2, 2)
    assert len(refresh.partitions("t")) == 2 and refresh.count() == 0


def test_no_table_takes_the_partitions_of_another(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("alerts")
    refresh.create_table("logs")
    keys = ["logs/2024/01/01/01/a", "alerts/dt=2024-01-01-01/a", "logs/2024/01/01/02/a", "logs/2024/01/01/03/a"]
    refresh.send(refresh.created(*keys))
    good(refresh.tick())
    assert sorted(refresh.partitions("alerts")) == [("2024-01-01-01",)]
    assert sorted(refresh.partitions("logs")) == [(f"2024-01-01-0{hour}",) for hour in (1, 2, 3)]


@pytest.mark.parametrize("mode", ["glue", "add_partition"])
def test_objects_outside_of_the_table_are_not_added(refresh: PartitionRefreshStack, mode: str) -> None:
    refresh.create_table("t", folder="t")
    refresh.configure("t", refresh_mode=mode)
    refresh.send(refresh.created("t2/dt=2024-01-01-01/a", "t/dt=2024-01-01-02/a"))
    assert good(refresh.tick())["PartitionsSkippedOutsideTable"] == 1
    assert sorted(refresh.partitions("t")) == [("2024-01-01-02",)]


def test_a_table_whose_partitions_are_projected_needs_none(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t", **{"projection.enabled": "true"})
    refresh.send(refresh.created("t/dt=2024-01-01-01/a"))
    assert good(refresh.tick())["PartitionsSkippedProjected"] == 1
    assert refresh.partitions("t") == {} and refresh.count() == 0


# Statements


HOSTILE_KEYS = "t/n=x') LOCATION 's3://evil/' PARTITION (n='y/a"


def test_a_hostile_key_cannot_change_a_statement(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t", [("n", "string")])
    refresh.configure("t", layouts=["n={}"], refresh_mode="add_partition")
    refresh.send(refresh.created("t/n=select * --/a"), refresh.created(HOSTILE_KEYS), refresh.created("t/n=;DROP TABLE t/a"))
    said = reason(refresh.tick())
    assert "DDL cannot express" in said
    assert sorted(refresh.partitions("t")) == [(";DROP TABLE t",), ("select * --",)] and refresh.count() == 1
    # The catalog itself accepts any name.
    refresh.configure("t", layouts=["n={}"], refresh_mode="glue")
    refresh.expire_visibility_timeout()
    good(refresh.tick())
    assert len(refresh.partitions("t")) == 3 and refresh.count() == 0


@pytest.mark.first_case
@pytest.mark.parametrize("name", ["2024-logs", "select", "a`b"])
@pytest.mark.parametrize("mode", MODES)
def test_a_table_may_have_any_name(refresh: PartitionRefreshStack, mode: str, name: str) -> None:
    refresh.create_table(name)
    refresh.configure({"table": name}, refresh_mode=mode)
    refresh.put(f"{name}/dt=2024-01-01-01/a")
    refresh.send(refresh.created(f"{name}/dt=2024-01-01-01/a"))
    good(refresh.tick())
    assert sorted(refresh.partitions(name)) == [("2024-01-01-01",)]


def test_a_statement_never_exceeds_athenas_limit(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t", [("n", "string")])
    refresh.configure("t", layouts=["n={}"], refresh_mode="add_partition")
    names = [f"{number:05}" + "x" * 700 for number in range(250)]
    refresh.aws.reset_calls()
    good(refresh.alerter.handler(HANDLER).invoke(event_delivery.through_sqs(refresh.created(*(f"t/n={name}/a" for name in names)))))
    assert len(refresh.partitions("t")) == 250 and refresh.aws.calls()["athena.StartQueryExecution"] == 2


def test_athena_writes_to_the_location_of_the_settings(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.configure("t", refresh_mode="add_partition", results_bucket="some-results", workgroup="primary")
    refresh.send(refresh.created("t/dt=2024-01-01-01/a"))
    good(refresh.tick())
    [identifier] = [
        one
        for one in refresh.aws.client("athena").list_query_executions()["QueryExecutionIds"]
        if refresh.database in str(refresh.aws.client("athena").get_query_execution(QueryExecutionId=one))
    ]
    execution = refresh.aws.client("athena").get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://some-results/partition_refresh/")
    assert execution["QueryExecutionContext"]["Database"] == refresh.database


# Failures


@pytest.mark.first_case
@pytest.mark.parametrize("trigger", ["schedule", "queue"])
@pytest.mark.parametrize("body", ["no JSON", '{"Service": "x"}', '{"Records": [{"s3": {}, "eventName": "ObjectCreated:Put"}]}', ""])
def test_an_unreadable_message_becomes_a_dead_letter_and_affects_no_other(
    refresh: PartitionRefreshStack, trigger: str, body: str
) -> None:
    refresh.create_table("t")
    refresh.send(body or " ", refresh.created("t/dt=2024-01-01-01/a"))
    if trigger == "queue":
        delivery = refresh.queue().drain()
        assert delivery.drained and delivery.deleted == 1
        assert all("a message returns to the queue" in str(one.logs) for one in delivery.invocations)
    else:
        went_well = []
        for _ in range(4):
            went_well.append(refresh.tick().succeeded)
            refresh.expire_visibility_timeout()
        assert went_well == [False, False, False, True]
    assert refresh.dead_letters() == [body or " "] and refresh.count() == 0
    assert len(refresh.partitions("t")) == 1


@pytest.mark.parametrize("body", [..., None, 7, True, {"Records": []}, ["x"]], ids=repr)
@pytest.mark.parametrize("has_neighbors", [True, False])
def test_only_the_message_without_a_body_is_returned(refresh: PartitionRefreshStack, body: Any, has_neighbors: bool) -> None:
    """Lambda deletes messages that are not returned, so this one becomes a dead letter and is not lost."""
    refresh.create_table("t")
    event = event_delivery.through_sqs(*(refresh.created(f"t/dt=2024-01-01-0{hour}/a") for hour in (1, 2, 3)))
    bad = event["Records"][1]
    bad["body"] = body
    if body is ...:
        del bad["body"]
    if not has_neighbors:
        event["Records"] = [bad]
    invocation = refresh.alerter.handler(HANDLER).invoke(event)
    assert good(invocation)["ObjectsUnreadable"] == 1
    assert invocation.payload == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}
    assert len(refresh.partitions("t")) == (2 if has_neighbors else 0)
    [line] = [line for line in invocation.logs if line.get("message_id") == bad["messageId"]]
    assert "a message's body is missing or no text" in line["reason"]


def test_one_bad_table_does_not_affect_others(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("good")
    refresh.create_table("other", [("day", "string")])
    messages = [refresh.created(f"{table}/dt=2024-01-01-01/a") for table in ("absent", "good", "other")]
    refresh.send(*messages, refresh.created("good/dt=2024-01-01-02/a", "absent/dt=2024-01-01-02/a"))
    invocation = refresh.tick()
    said = reason(invocation)
    assert "table absent: glue:GetTable was refused: EntityNotFoundException" in said
    assert "table other is partitioned by day, but the layout tells dt" in said
    assert len(refresh.partitions("good")) == 2 and refresh.count() == 3
    counted = metrics(invocation)
    assert_adds_up(counted)
    assert (counted["MessagesDeleted"], counted["MessagesReturned"], counted["PartitionsFailed"]) == (1, 3, 3)


@pytest.mark.parametrize("mode", MODES)
def test_a_missing_database_is_named(refresh: PartitionRefreshStack, mode: str) -> None:
    refresh.configure("t", database_name="nowhere", refresh_mode=mode)
    refresh.send(refresh.created("t/dt=2024-01-01-01/a"), event_delivery.s3_test_event(refresh.bucket))
    assert reason(refresh.tick()) == "the database 'nowhere' does not exist"
    assert refresh.count() == 1


def test_a_bad_partition_does_not_affect_others(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.configure("t", layouts=["dt={}"])
    refresh.send(refresh.created("t/dt=1/a"), refresh.created("t/x/dt=1/a"), refresh.created("t/dt=2/a"))
    assert "are one partition" in reason(refresh.tick())
    assert refresh.partitions("t") == {("1",): refresh.location("t/dt=1/"), ("2",): refresh.location("t/dt=2/")}
    assert refresh.count() == 1


@pytest.mark.parametrize("order, said", [
    ({"state": "FAILED", "reason": "no access"}, "Athena: FAILED: no access"),
    ({"state": "CANCELLED"}, "Athena: CANCELLED: no reason given"),
])
@pytest.mark.parametrize("mode", ["add_partition", "repair"])
def test_the_messages_of_a_failed_statement_stay_in_the_queue(
    refresh: PartitionRefreshStack, mode: str, order: Dict[str, Any], said: str
) -> None:
    refresh.create_table("a")
    refresh.create_table("b")
    refresh.configure("data", refresh_mode=mode)
    refresh.put("a/dt=2024-01-01-01/x", "b/dt=2024-01-01-01/x")
    refresh.send(refresh.created("a/dt=2024-01-01-01/x"), refresh.created("b/dt=2024-01-01-01/x"))
    refresh.aws.plan_executions({"order": order}, {})
    assert reason(refresh.tick()) == said
    assert refresh.count() == 1 and len(refresh.partitions("b")) == 1
    refresh.expire_visibility_timeout()
    good(refresh.tick())
    assert refresh.count() == 0 and len(refresh.partitions("a")) == 1


@pytest.mark.check
def test_the_messages_of_a_slow_statement_stay_in_the_queue(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.configure("t", refresh_mode="add_partition", timeout=10)
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    refresh.aws.plan_executions({"order": {"states": ["RUNNING"] * 100}})
    invocation = refresh.tick()
    assert reason(invocation) == "Athena has not finished the statement in time"
    assert refresh.count() == 1


# Deletions


def test_a_failed_deletion_is_retried(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.send(*(refresh.created(f"t/dt=2024-01-01-{number:02}/x") for number in range(12)))
    refresh.aws.arm({"operation": "sqs.DeleteMessageBatch", "kind": "entries"})
    assert good(refresh.tick())["MessagesDeleted"] == 12
    assert refresh.count() == 0


def test_a_deletion_that_always_fails_is_an_error(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    refresh.aws.arm({"operation": "sqs.DeleteMessageBatch", "status": 403, "code": "AccessDenied", "times": 9})
    invocation = refresh.tick()
    assert "sqs:DeleteMessageBatch was refused: AccessDenied" in reason(invocation)
    assert metrics(invocation)["MessagesNotDeleted"] == 1 and refresh.count() == 1
    refresh.aws.arm()
    refresh.expire_visibility_timeout()
    good(refresh.tick())
    assert refresh.count() == 0 and len(refresh.partitions("t")) == 1


def test_a_message_stays_invisible_while_it_is_processed(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.send(refresh.created("absent/dt=2024-01-01-01/x"))
    refresh.aws.reset_calls()
    assert not refresh.tick().succeeded
    assert refresh.aws.calls()["sqs.ReceiveMessage"] == 2 and refresh.count() == 1
    assert refresh.aws.client("sqs").receive_message(QueueUrl=refresh.queue_url).get("Messages", []) == []


def test_a_throttled_call_to_the_catalog_is_retried(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    refresh.aws.arm(
        {"operation": "glue.BatchCreatePartition", "kind": "throttle"},
        {"operation": "glue.GetTable", "kind": "throttle"},
        {"operation": "sqs.ReceiveMessage", "kind": "lost"},
    )
    refresh.tick()
    refresh.expire_visibility_timeout()
    good(refresh.tick())
    assert len(refresh.partitions("t")) == 1 and refresh.count() == 0


def test_a_lost_response_adds_nothing_twice(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    refresh.aws.arm({"operation": "glue.BatchCreatePartition", "kind": "lost"})
    assert good(refresh.tick())["PartitionsAlreadyThere"] == 1
    assert len(refresh.partitions("t")) == 1 and refresh.count() == 0


def test_an_unresponsive_queue_is_an_error(refresh: PartitionRefreshStack) -> None:
    refresh.alerter.set_environment(PARTITION_REFRESH_QUEUE_URL=refresh.queue_url + "-absent")
    assert "sqs:ReceiveMessage was refused" in reason(refresh.tick())


# Settings


def test_metrics_are_written_only_when_enabled(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    for wanted in (False, True):
        refresh.configure("t", enable_custom_metrics=wanted)
        refresh.send(refresh.created(f"t/dt=2024-01-01-0{int(wanted)}/x"))
        assert bool(metrics(refresh.tick())) == wanted
    assert len(refresh.partitions("t")) == 2


def test_partition_refresh_without_settings_makes_no_call(refresh: PartitionRefreshStack) -> None:
    refresh.configure("t", enabled=False)
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    refresh.aws.reset_calls()
    assert refresh.tick().succeeded and refresh.aws.calls() == {}
    assert refresh.count() == 1


def test_partition_refresh_without_settings_loses_no_message(refresh: PartitionRefreshStack) -> None:
    """Lambda delivers whatever the settings are: the messages go to the dead-letter queue, which can be redriven."""
    refresh.create_table("t")
    refresh.configure("t", enabled=False)
    refresh.send(*(refresh.created(f"t/dt=2024-01-01-0{hour}/x") for hour in (1, 2)))
    delivery = refresh.queue().drain()
    assert delivery.drained and delivery.deleted == 0
    for invocation in delivery.invocations:
        assert "partition_refresh.enabled is false; deploy with PARTITION_REFRESH_TRIGGER=schedule" in reason(invocation)
    assert refresh.count() == 0
    refresh.configure("t")
    dead_letters = refresh.aws.queue_arn(refresh.dead_letters_url)
    refresh.aws.client("sqs").start_message_move_task(SourceArn=dead_letters)
    assert refresh.count() == 2 and refresh.queue().drain().deleted == 2
    assert len(refresh.partitions("t")) == 2


def test_the_log_level_comes_from_the_settings(refresh: PartitionRefreshStack) -> None:
    refresh.create_table("t")
    refresh.configure("t", log_level="debug")
    refresh.send(refresh.created("t/dt=2024-01-01-01/x"))
    assert [line["outcome"] for line in refresh.tick().logs if line.get("level") == "DEBUG"] == ["created"]


@pytest.mark.parametrize("settings, environment, said", [
    ({"memory": 512}, {}, "partition_refresh.memory: the settings say '512', but the function was deployed with '256'"),
    ({"schedule_expression": "rate(1 minute)"}, {"PARTITION_REFRESH_SCHEDULE": "rate(10 minutes)"}, "schedule_expression"),
    ({}, {"PARTITION_REFRESH_MODE": "crawl"}, "there is no mode 'crawl'; there are repair, add_partition, glue"),
    ({}, {"PARTITION_REFRESH_DATABASE": ""}, "PARTITION_REFRESH_DATABASE is not set, nor is partition_refresh.database_name"),
    ({}, {"PARTITION_REFRESH_QUEUE_URL": ""}, "PARTITION_REFRESH_QUEUE_URL is not set"),
])
def test_a_wrong_setting_of_partition_refresh_is_named(
    refresh: PartitionRefreshStack, settings: Dict[str, Any], environment: Dict[str, str], said: str
) -> None:
    refresh.configure("t", **settings)
    refresh.alerter.set_environment(**environment)
    assert said in reason(refresh.tick())
