//! The records of an app's releases, in Secrets beside its objects.

use landfall_rollout::{Head, Record, Status, Summary};
use serde_json::Value;

use crate::place::part;
use crate::{Cluster, ClusterError};

const JSON: &str = "application/json";

impl Cluster {
    /// Which release of an app is current.
    pub async fn head(&self, namespace: &str, app: &str) -> Result<Head, ClusterError> {
        let path = format!("{}/{}", secrets(namespace), Head::secret_name(app));
        match self.find(&path).await? {
            Some(secret) => Ok(Head::from_secret(app, &secret)?),
            None => self.head_of_records(namespace, app).await,
        }
    }

    /// The head as the records have it: that of a new app where there are none.
    async fn head_of_records(&self, namespace: &str, app: &str) -> Result<Head, ClusterError> {
        let summaries = self.summaries(namespace, app).await?;
        let newest = |wanted: &dyn Fn(&Summary) -> bool| {
            summaries.iter().filter(|summary| wanted(summary)).map(|summary| summary.revision).max()
        };
        let mut head = Head::new(app);
        head.revision = newest(&|_| true).unwrap_or(0);
        head.deployed = newest(&|summary| summary.status == Some(Status::Deployed)).unwrap_or(0);
        Ok(head)
    }

    /// What lists show of every release of an app that is kept, the oldest first: one request,
    /// which sends no record's data.
    pub async fn summaries(
        &self,
        namespace: &str,
        app: &str,
    ) -> Result<Vec<Summary>, ClusterError> {
        let list = self.list_metadata(&releases(namespace, app)).await?;
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let summaries = items.iter().filter_map(|item| Summary::from_metadata(app, item));
        let mut summaries: Vec<_> = summaries.collect();
        summaries.sort_by_key(|summary| summary.revision);
        Ok(summaries)
    }

    /// Writes the head over the one that was read, and gives it with its new version.
    ///
    /// Fails with [`ClusterError::Raced`] where somebody else has written since.
    pub async fn write_head(&self, namespace: &str, head: &Head) -> Result<Head, ClusterError> {
        let secret = head.to_secret(namespace);
        let path = secrets(namespace);
        let answer = match &head.resource_version {
            Some(_) => {
                let path = format!("{path}/{}", Head::secret_name(&head.app));
                self.send("PUT", &path, JSON, Some(&secret)).await
            }
            None => self.send("POST", &path, JSON, Some(&secret)).await,
        };
        let written = answer.map_err(|error| raced(error, "the head of the app's releases"))?;
        Ok(Head::from_secret(&head.app, &written)?)
    }

    /// Keeps a new record.
    ///
    /// Fails with [`ClusterError::Raced`] where the revision exists.
    pub async fn create_record(
        &self,
        namespace: &str,
        record: &Record,
    ) -> Result<(), ClusterError> {
        let secret = record.to_secret(namespace)?;
        let answer = self.send("POST", &secrets(namespace), JSON, Some(&secret)).await;
        answer.map(drop).map_err(|error| raced(error, &format!("revision {}", record.revision)))
    }

    /// Writes a record over its earlier state.
    pub async fn update_record(
        &self,
        namespace: &str,
        record: &Record,
    ) -> Result<(), ClusterError> {
        let secret = record.to_secret(namespace)?;
        let name = Record::secret_name(&record.release.app, record.revision);
        let path = format!("{}/{name}", secrets(namespace));
        self.send("PUT", &path, JSON, Some(&secret)).await.map(drop)
    }

    /// One record; none where the revision is not kept.
    pub async fn record(
        &self,
        namespace: &str,
        app: &str,
        revision: u64,
    ) -> Result<Option<Record>, ClusterError> {
        let path = format!("{}/{}", secrets(namespace), Record::secret_name(app, revision));
        match self.find(&path).await? {
            Some(secret) => Ok(Some(Record::from_secret(&secret)?)),
            None => Ok(None),
        }
    }

    /// Every record of an app, the oldest first.
    pub async fn records(&self, namespace: &str, app: &str) -> Result<Vec<Record>, ClusterError> {
        let list = self.read(&releases(namespace, app)).await?;
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let records = items.iter().map(Record::from_secret);
        let mut records = records.collect::<Result<Vec<_>, _>>()?;
        records.sort_by_key(|record| record.revision);
        Ok(records)
    }

    /// Removes a record.
    pub async fn remove_record(
        &self,
        namespace: &str,
        app: &str,
        revision: u64,
    ) -> Result<(), ClusterError> {
        self.remove_secret(namespace, &Record::secret_name(app, revision)).await
    }

    /// Removes the head, after every record of the app.
    pub async fn remove_head(&self, namespace: &str, app: &str) -> Result<(), ClusterError> {
        self.remove_secret(namespace, &Head::secret_name(app)).await
    }

    async fn remove_secret(&self, namespace: &str, name: &str) -> Result<(), ClusterError> {
        let path = format!("{}/{name}", secrets(namespace));
        match self.send("DELETE", &path, JSON, Some(&Value::Null)).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }
}

fn secrets(namespace: &str) -> String {
    format!("/api/v1/namespaces/{}/secrets", part(namespace))
}

fn releases(namespace: &str, app: &str) -> String {
    let selector = part(&format!("landfall/app={app},landfall/kind=release"));
    format!("{}?labelSelector={selector}", secrets(namespace))
}

fn raced(error: ClusterError, what: &str) -> ClusterError {
    if error.is_race() { ClusterError::Raced { what: what.into() } } else { error }
}
